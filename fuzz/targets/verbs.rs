#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| gchat_fuzz::verbs(data));
