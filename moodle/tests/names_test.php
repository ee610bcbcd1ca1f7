<?php
// This file is part of Moodle - https://moodle.org/
//
// Moodle is free software: you can redistribute it and/or modify
// it under the terms of the GNU General Public License as published by
// the Free Software Foundation, either version 3 of the License, or
// (at your option) any later version.
//
// Moodle is distributed in the hope that it will be useful,
// but WITHOUT ANY WARRANTY; without even the implied warranty of
// MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.  See the
// GNU General Public License for more details.
//
// You should have received a copy of the GNU General Public License
// along with Moodle.  If not, see <https://www.gnu.org/licenses/>.

namespace block_gchat;

/**
 * Names are compared without case and accents, in any order, and the regular expression finds what the comparison finds.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 * @covers \block_gchat\names
 */
final class names_test extends \PHPUnit\Framework\TestCase {
    /**
     * Whether a name is found by what is typed. What the comparison finds, the regular expressions must find.
     *
     * @param string $typed
     * @param string $name
     * @return bool
     */
    private function finds(string $typed, string $name): bool {
        $words = names::words($typed);
        $has = names::has($name, $words);
        foreach ([\Normalizer::FORM_C, \Normalizer::FORM_D] as $form) {
            $stored = \Normalizer::normalize($name, $form);
            $this->assertSame($has, names::has($stored, $words));
            $patterns = array_map(names::pattern(...), $words);
            $matches = array_filter($patterns, fn($pattern) => preg_match('/' . str_replace('/', '\/', $pattern) . '/u', $stored));
            $this->assertTrue(!$has || count($matches) === count($words), "'$typed' in '$stored': " . implode(' ', $patterns));
        }
        return $has;
    }

    /**
     * What is typed, and a name that has it.
     *
     * @return array[]
     */
    public static function found(): array {
        return [
            ['joao', 'João Silva'], ['JOÃO', 'joao silva'], ["joa\u{303}o", 'João Silva'], ['silva joao', 'João Silva'],
            ['ilv', 'João Silva'], ['alvares', 'Ana Álvares'], ['ÁLV', 'Ana Alvares'], ['lukasz', 'Łukasz Nowak'],
            ['Łuk', 'Lukasz Nowak'], ["o'brien", "Sean O'Brien"], ["o’brien", "Sean O'Brien"], ["O'Br", 'Sean O’Brien'],
            ['strauss', 'Richard Strauß'], ['Strauß', 'Richard Strauss'], ['STRAUẞ', 'Richard Strauß'], ['aeon', 'Æon Flux'],
            ['oeuvre', 'Œuvre'], ['Ødegård', 'Martin Odegard'], ['istanbul', 'İstanbul'], ['isik', 'Işık'], ['иван', 'Иван Попов'],
            ['иорданов', 'Иван Йорданов'], ['σωκρατησ', 'Σωκράτης'], ['ΣΩΚΡΆΤΗΣ', 'σωκρατης'], ['김', '김민준'], ['か', 'がく'],
            ['محمد', 'مُحَمَّد علي'], ['يوسف', 'يوسف'], ['nguyen', 'Nguyễn Thị Minh'], ['Nguyễn thi', 'Nguyen Thi'],
            ['', 'Anybody'], ['   ', 'Anybody'], ["\u{301}", 'Anybody'], ['a.b', 'a.b'], ['(x)', 'Ana (x)'], ['[^a]*', 'Odd [^a]*'],
            ['C++', 'Ana C++'], ['\\d', 'Back \\d'], ['***', 'Ana ***'], ['(?i)', 'Ana (?i)'], ['a-b', 'a-b'], ['100%', '100% Ana'],
            ['ana_', 'Ana_'], ['🌻', 'Carla 🌻 Nunes'], ['ﬁ', 'Sofia'], ['２', 'Ana 2'], ["o\u{301}", "Jo\u{301}"],
            ['s', 'Strauß'], ['a', 'Æon'],
        ];
    }

    /**
     * Finds it.
     *
     * @param string $typed
     * @param string $name
     * @dataProvider found
     */
    public function test_it_is_found(string $typed, string $name): void {
        $this->assertTrue($this->finds($typed, $name));
    }

    /**
     * What is typed, and a name that has not got it.
     *
     * @return array[]
     */
    public static function other(): array {
        return [
            ['joao', 'Joana Silva'], ['silva pereira', 'João Silva'], ['.', 'João Silva'], ['.*', 'João'], ['a|b', 'Ana'],
            ['[a]', 'Ana'], ['(a)', 'Ana'], ['an?', 'Ana'], ['^ana', 'Ana'], ['ana$', 'Ana'], ['%', 'Ana'], ['_', 'Ana'],
            ['\\w', 'Ana'], ['김', '이민준'],
            ['ß', 'Strase'], ['ao', 'Æon'], ['joãosilva', 'João Silva'], ['иван', 'Ivan'],
        ];
    }

    /**
     * Does not.
     *
     * @param string $typed
     * @param string $name
     * @dataProvider other
     */
    public function test_nothing_else_is(string $typed, string $name): void {
        $this->assertFalse($this->finds($typed, $name));
    }

    public function test_every_letter_of_europe_is_found_by_its_plain_one_and_by_itself(): void {
        foreach ([[0xC0, 0x24F], [0x370, 0x52F], [0x1E00, 0x1FFF]] as [$first, $last]) {
            for ($code = $first; $code <= $last; $code++) {
                $letter = mb_chr($code);
                // (One is folded to a space with a mark.)
                if (preg_match('/^\p{L}$/u', $letter) && preg_match('/^\p{L}+$/u', names::fold($letter))) {
                    $this->assertTrue($this->finds(names::fold($letter), $letter), $letter);
                    $this->assertTrue($this->finds($letter, $letter), $letter);
                    $this->assertTrue($this->finds($letter, mb_strtoupper(names::fold($letter))), $letter);
                }
            }
        }
    }

    public function test_so_much_is_looked_at_and_no_more(): void {
        $this->assertSame(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'], names::words('a b c d e f g h i j'));
        $this->assertSame([str_repeat('ã', 100)], names::words(str_repeat("a\u{303}", 200)));
        $this->assertSame(['ana'], names::words("ana ana\u{0}ana"));
    }

    /**
     * What is folded to very much makes no endless expression, and hides nothing of what stands before it.
     */
    public function test_what_is_typed_makes_no_endless_expression(): void {
        $this->assertSame(['ana', str_repeat("\u{FDFA}", 5)], names::words('ana ' . str_repeat("\u{FDFA}", 90)));
        $scripts = implode(array_map('mb_chr', range(0x1000, 0x10000, 0x260)));
        foreach ([str_repeat("\u{FDFA}", 100), str_repeat('a', 100), $scripts] as $typed) {
            foreach (names::words($typed) as $word) {
                $pattern = names::pattern($word);
                $this->assertLessThan(20000, strlen($pattern));
                $this->assertSame(0, preg_match("/$pattern/u", 'Ana Sousa'));
            }
        }
    }
}
