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
 * Names of people as a search compares them: without case and accents, composed or not, each word anywhere in the name.
 *
 * A name is folded as the chat server folds it (protocol/README.md, `search`): decomposed (NFKD), without combining marks, in
 * lower case. Letters that Unicode does not decompose but everybody types without their stroke count as the plain ones, too.
 * No database folds so by itself, so a word becomes a regular expression of what is folded to it: PostgreSQL has no
 * collation for it that every site has, and in MariaDB's a decomposed letter is another. Pure, without Moodle.
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class names {
    /** What is typed beyond so many characters, as they are folded, is not looked at. */
    private const LONGEST = 100;

    /** Nor is what is typed beyond so many words. */
    private const MOST_WORDS = 8;

    /** What Unicode does not decompose, in lower case. */
    private const PLAIN = [
        'đ' => 'd', 'ð' => 'd', 'ħ' => 'h', 'ı' => 'i', 'ł' => 'l', 'ø' => 'o', 'ŧ' => 't', 'ς' => 'σ', '’' => "'", 'ʼ' => "'",
        'ß' => 'ss', 'æ' => 'ae', 'œ' => 'oe',
    ];

    /** The marks of Latin, Greek and Cyrillic letters. */
    private const MARKS = "[\u{300}-\u{36F}]*";

    /** Where the letters are that are folded to those of a script: first and last of the script, then of each block. */
    private const BLOCKS = [
        [0x20, 0x7E, [[0xC0, 0x24F], [0x1E00, 0x1EFF], [0xFB00, 0xFB06], [0xFF21, 0xFF5A]]],
        [0x80, 0x2FF, [[0xC0, 0x2FF], [0x1E00, 0x1EFF]]],
        [0x370, 0x3FF, [[0x370, 0x3FF], [0x1F00, 0x1FFF]]],
        [0x400, 0x52F, [[0x400, 0x52F]]],
    ];

    /** @var array[] by the first letter of a script: letters, by what they are folded to */
    private static array $letters = [];

    /** @var array[] of scripts that are none of BLOCKS, by their first letter: as script() gives them */
    private static array $scripts = [];

    /**
     * The words of what somebody has typed, folded.
     *
     * @param string $text
     * @return string[]
     */
    public static function words(string $text): array {
        $text = self::cut((string) \Normalizer::normalize($text, \Normalizer::FORM_C));
        $words = preg_split('/[\s\p{C}]+/u', $text, -1, PREG_SPLIT_NO_EMPTY) ?: [];
        $words = array_filter($words, fn($word) => self::fold($word) !== '');
        return array_slice(array_values(array_unique($words)), 0, self::MOST_WORDS);
    }

    /**
     * The beginning of a text, as long as is looked at. One letter may be folded to many, so what it is folded to counts: a
     * database is to compile no endless expression.
     *
     * @param string $text
     * @return string
     */
    private static function cut(string $text): string {
        [$kept, $length] = ['', 0];
        foreach (mb_str_split(mb_substr($text, 0, self::LONGEST)) as $letter) {
            $length += max(1, mb_strlen(self::fold($letter)));
            if ($length > self::LONGEST) {
                break;
            }
            $kept .= $letter;
        }
        return $kept;
    }

    /**
     * A text as it is compared.
     *
     * @param string $text
     * @return string
     */
    public static function fold(string $text): string {
        $plain = preg_replace('/\p{Mn}+/u', '', (string) \Normalizer::normalize($text, \Normalizer::FORM_KD));
        return strtr(mb_strtolower($plain), self::PLAIN);
    }

    /**
     * Whether a name has all of some words.
     *
     * @param string $name
     * @param string[] $words
     * @return bool
     */
    public static function has(string $name, array $words): bool {
        $name = self::fold($name);
        foreach ($words as $word) {
            if (!str_contains($name, self::fold($word))) {
                return false;
            }
        }
        return true;
    }

    /**
     * A regular expression for a word, in what PostgreSQL and PCRE have in common: it matches every name that has the word, and
     * hardly another. Nothing in it is taken from what was typed but letters, figures and escaped punctuation. It minds the
     * case, as both cases of each letter are in it.
     *
     * @param string $word of words()
     * @return string
     */
    public static function pattern(string $word): string {
        $parts = [];
        foreach (mb_str_split($word) as $typed) {
            $folded = mb_str_split(self::fold($typed));
            if (count($folded) > 1 && !self::letters_of(implode($folded))) {
                // A letter that is several where it is decomposed, as those of Korean.
                $parts[] = '(?:' . implode(array_map(self::letter(...), $folded)) . '|' . self::quote($typed) . ')';
            } else {
                array_push($parts, ...$folded);
            }
        }
        $pattern = '';
        for ($i = 0; $i < count($parts); $i++) {
            // A letter that stands for two.
            $two = self::letters_of($parts[$i] . ($parts[$i + 1] ?? ''));
            if ($two && isset($parts[$i + 1])) {
                $pattern .= '(?:' . self::letter($parts[$i]) . self::letter($parts[++$i]) . '|[' . implode($two) . '])';
            } else {
                $pattern .= mb_strlen($parts[$i]) > 1 ? $parts[$i] : self::letter($parts[$i]);
            }
        }
        return $pattern;
    }

    /**
     * What matches all that is folded to one letter.
     *
     * @param string $letter
     * @return string
     */
    private static function letter(string $letter): string {
        $code = mb_ord($letter);
        if ($code < 0x80 && !ctype_alnum($letter) && $letter !== "'") {
            return self::quote($letter);
        }
        $upper = mb_strtoupper($letter);
        $all = [$letter, ...(mb_strlen($upper) === 1 ? [$upper] : []), ...self::letters_of($letter)];
        foreach (self::PLAIN as $other => $plain) {
            if ($plain === $letter) {
                array_push($all, $other, mb_strtoupper($other));
            }
        }
        $all = array_unique($all);
        return (count($all) === 1 ? self::quote($letter) : '[' . implode($all) . ']') . self::script($code)[2];
    }

    /**
     * The letters that are folded to something else, which begins with a letter of the same script.
     *
     * @param string $folded
     * @return string[]
     */
    private static function letters_of(string $folded): array {
        [$first, $blocks] = self::script(mb_ord($folded));
        self::$letters[$first] ??= self::letters($blocks);
        return self::$letters[$first][$folded] ?? [];
    }

    /**
     * The script of a letter: its first letter, its blocks, and what matches the marks that may follow one.
     *
     * @param int $code
     * @return array
     */
    private static function script(int $code): array {
        foreach (self::BLOCKS as [$first, $last, $blocks]) {
            if ($code >= $first && $code <= $last) {
                return [$first, $blocks, self::MARKS];
            }
        }
        $first = $code & ~0xFF;
        return self::$scripts[$first] ??= self::block($first);
    }

    /**
     * The script of the 256 letters from one on.
     *
     * @param int $first
     * @return array as script() gives it
     */
    private static function block(int $first): array {
        $block = array_map('mb_chr', range($first, $first + 0xFF));
        $marks = array_filter($block, fn($character) => preg_match('/^\p{Mn}$/u', (string) $character));
        return [$first, [[$first, $first + 0xFF]], $marks ? '[' . implode($marks) . ']*' : ''];
    }

    /**
     * The letters of some blocks, by what they are folded to, and by each letter of it.
     *
     * @param array[] $blocks first and last
     * @return array[]
     */
    private static function letters(array $blocks): array {
        $letters = [];
        foreach ($blocks as [$first, $last]) {
            for ($code = $first; $code <= $last; $code++) {
                $letter = (string) mb_chr($code);
                if (preg_match('/^\p{L}$/u', $letter)) {
                    $folded = self::fold($letter);
                    foreach (array_unique([$folded, ...mb_str_split($folded)]) as $one) {
                        $letters[$one][] = $letter;
                    }
                }
            }
        }
        return $letters;
    }

    /**
     * One character that means itself.
     *
     * @param string $character
     * @return string
     */
    private static function quote(string $character): string {
        return strlen($character) === 1 && ctype_punct($character) ? "\\$character" : $character;
    }
}
