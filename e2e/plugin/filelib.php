<?php
// What Moodle brings to the plugin's class that speaks to the server, as far as that class asks for it; HTTP is real.

/** Moodle's own HTTP client, over the same extension. */
final class curl {
    /** The plugin reads it after a call. */
    public string $error = '';

    private array $headers = [];
    private int $errno = 0;
    private array $info = [];

    public function __construct(array $settings) {
        assert($settings === ['ignoresecurity' => true]);
    }

    public function setHeader(array $headers): void {
        $this->headers = $headers;
    }

    public function post(string $url, string $body, array $options): string|false {
        $handle = curl_init($url);
        curl_setopt_array($handle, [CURLOPT_RETURNTRANSFER => true, CURLOPT_POSTFIELDS => $body, CURLOPT_HTTPHEADER => $this->headers]);
        foreach ($options as $name => $value) {
            curl_setopt($handle, constant($name), $value);
        }
        $answer = curl_exec($handle);
        [$this->errno, $this->error, $this->info] = [curl_errno($handle), curl_error($handle), curl_getinfo($handle)];
        return $answer;
    }

    public function get_errno(): int {
        return $this->errno;
    }

    public function get_info(): array {
        return $this->info;
    }
}

/** Where the plugin notes that the server is away; here for as long as this process runs. */
final class cache {
    private static array $kept = [];

    public static function make(string $component, string $area): self {
        return new self();
    }

    public function get(string $key): string|false {
        return self::$kept[$key] ?? false;
    }

    public function set(string $key, string $value): void {
        self::$kept[$key] = $value;
    }

    public function delete(string $key): void {
        unset(self::$kept[$key]);
    }
}
