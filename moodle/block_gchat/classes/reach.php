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
 * How far somebody's circles reach, as the search of people asks the database for it: in which of their courses which roles
 * let somebody chat, and whom of a course with separate groups they see.
 *
 * Which of a person's roles count in a course is decided by permissions of the course, its categories and the site. They are
 * worked out here once for all courses, and courses in which they say the same are asked for together: most people's are.
 * It is kept with the circles it belongs to, and as long as these ({@see rights}).
 *
 * @package    block_gchat
 * @copyright  2026 The Global Chat contributors
 * @license    https://www.gnu.org/copyleft/gpl.html GNU GPL v3 or later
 */
final class reach {
    /**
     * Works it out, in one query.
     *
     * @param array[] $circles of one person, as circles::of() gives them
     * @return array[] `courses`: their contexts as core keeps them, by course id; `parts`: as parts() gives them
     */
    public static function of(array $circles): array {
        global $CFG, $DB;
        $mine = self::by_course($circles);
        if (!$mine) {
            return ['courses' => [], 'parts' => []];
        }
        [$in, $params] = $DB->get_in_or_equal(array_keys($mine), SQL_PARAMS_NAMED);
        [$incaps, $capabilities] = $DB->get_in_or_equal(roles::capabilities(), SQL_PARAMS_NAMED, 'cap');
        $name = fn(string $kind, string $id) => $DB->sql_concat("'$kind'", $id) . ' AS name';
        $rows = $DB->get_records_sql(
            "SELECT {$name('c', 'c.id')}, c.id AS one, c.visible AS two, ctx.id AS contextid, ctx.path, ctx.depth, ctx.locked,
                    '' AS capability
               FROM {course} c
               JOIN {context} ctx ON ctx.instanceid = c.id AND ctx.contextlevel = :level
              WHERE c.id $in
          UNION ALL
             SELECT {$name('p', 'rc.id')}, rc.roleid AS one, rc.permission AS two, ctx.id AS contextid, ctx.path, ctx.depth,
                    ctx.locked, rc.capability
               FROM {role_capabilities} rc
               JOIN {context} ctx ON ctx.id = rc.contextid
              WHERE rc.capability $incaps
          UNION ALL
             SELECT {$name('l', 'l.id')}, l.roleid AS one, 0 AS two, 0 AS contextid, '' AS path, 0 AS depth, 0 AS locked,
                    '' AS capability
               FROM {role_context_levels} l
              WHERE l.contextlevel = :given",
            ['level' => CONTEXT_COURSE, 'given' => CONTEXT_COURSE] + $params + $capabilities
        );
        [$courses, $permissions, $given] = [[], [], []];
        foreach ($rows as $row) {
            match ($row->name[0]) {
                'c' => $courses[(int) $row->one] = $row,
                'p' => $permissions[$row->capability][$row->path][(int) $row->one] = (int) $row->two,
                'l' => $given[] = (int) $row->one,
            };
        }
        return [
            'courses' => array_map(self::context(...), $courses),
            'parts' => self::parts($mine, $courses, $permissions, $given, (int) ($CFG->defaultuserroleid ?? 0)),
        ];
    }

    /**
     * Roles that give a capability in a context, and roles that take it from whoever has one of them: of all that somebody has,
     * one must give it and none take it. A role's own permission is that of the nearest context that says one, but for a
     * prohibition, which counts wherever it is: as in has_capability_in_accessdata().
     *
     * @param array[] $permissions of one capability: by the path of the context, then by role
     * @param string $path
     * @return array[] ids of the roles that give it, and of those that take it
     */
    public static function roles(array $permissions, string $path): array {
        $says = [];
        for ($at = $path; $at !== ''; $at = substr($at, 0, (int) strrpos($at, '/'))) {
            foreach ($permissions[$at] ?? [] as $role => $permission) {
                if ($permission === CAP_PROHIBIT) {
                    $says[$role] = CAP_PROHIBIT;
                } else {
                    $says[$role] ??= $permission;
                }
            }
        }
        ksort($says);
        return [array_keys($says, CAP_ALLOW, true), array_keys($says, CAP_PROHIBIT, true)];
    }

    /**
     * Puts courses together in which the same is to be asked.
     *
     * @param array[] $mine as by_course() gives them
     * @param \stdClass[] $courses `two` (whether it is visible), `path`, by id
     * @param array[] $permissions by capability, then by the path of the context, then by role
     * @param int[] $given the roles that people are given in courses
     * @param int $everybody the role of everybody
     * @return array[] each: `courses` and `contexts` (ids); `teach`: whether the person teaches there; `chat`: the roles, or null
     *     for the first list where all roles that people are given in courses let them chat, so that it is not worth asking;
     *     `hidden`: the roles, where the courses are hidden, else null; `groups`: ids of the person's groups, where they see
     *     only these and whoever may access all, else null; `allgroups`: the roles of those, else null. Roles are two lists as
     *     roles() gives them, the first is null where it is everybody.
     */
    private static function parts(array $mine, array $courses, array $permissions, array $given, int $everybody): array {
        $parts = [];
        foreach (array_intersect_key($mine, $courses) as $id => $held) {
            $course = $courses[$id];
            $roles = function (string $name) use ($permissions, $course, $everybody): ?array {
                [$give, $take] = self::roles($permissions[roles::capability($name)] ?? [], $course->path);
                if (in_array($everybody, $take, true)) {
                    return null;
                }
                return [in_array($everybody, $give, true) ? null : $give, $take];
            };
            $part = [
                'teach' => $held['teach'],
                'chat' => $roles('chat'),
                'hidden' => $course->two ? null : $roles('hidden') ?? [[], []],
                'allgroups' => $held['groups'] === null ? null : $roles('allgroups') ?? [[], []],
            ];
            if ($part['chat'] === null || $part['chat'][0] === []) {
                continue;
            }
            if ($given && !array_diff($given, $part['chat'][0] ?? $given)) {
                $part['chat'][0] = null;
            }
            $name = json_encode([$part, $held['groups'] === null]);
            $parts[$name] ??= $part + ['courses' => [], 'contexts' => [], 'groups' => null];
            $parts[$name]['courses'][] = $id;
            $parts[$name]['contexts'] += array_flip(explode('/', trim($course->path, '/')));
            if ($held['groups'] !== null) {
                $parts[$name]['groups'] = [...($parts[$name]['groups'] ?? []), ...$held['groups']];
            }
        }
        return array_values(array_map(
            fn($part) => array_replace($part, ['contexts' => array_keys($part['contexts'])]),
            $parts
        ));
    }

    /**
     * Circles by course.
     *
     * @param array[] $circles
     * @return array[] by course id: `teach`, and `groups`: null for the whole course
     */
    private static function by_course(array $circles): array {
        $courses = [];
        foreach ($circles as $circle) {
            [$course, $group] = explode('/', substr($circle['id'], 1) . '/');
            $courses[$course] ??= ['teach' => $circle['role'] === 'teacher', 'groups' => $group === '' ? null : []];
            if ($group !== '' && $group !== '-') {
                $courses[$course]['groups'][] = (int) substr($group, 1);
            }
        }
        return $courses;
    }

    /**
     * A course's context, in the form in which core takes it up without a query: context_helper::preload_from_record().
     *
     * @param \stdClass $row
     * @return array
     */
    private static function context(\stdClass $row): array {
        return [
            'ctxid' => $row->contextid,
            'ctxpath' => $row->path,
            'ctxdepth' => $row->depth,
            'ctxlevel' => CONTEXT_COURSE,
            'ctxinstance' => $row->one,
            'ctxlocked' => $row->locked,
        ];
    }
}
