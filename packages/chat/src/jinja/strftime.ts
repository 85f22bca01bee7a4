import { fail } from "./fault.ts";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

const pad = (value: number, width = 2, fill = "0") => String(value).padStart(width, fill);

function dayOfYear(date: Date): number {
  const start = Date.UTC(date.getFullYear(), 0, 1);
  return (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - start) / 86_400_000 + 1;
}

/** Weeks of the year so far, each starting on `firstDay` (0 Sunday, 1 Monday). */
function weekOfYear(date: Date, firstDay: number): number {
  return Math.floor((dayOfYear(date) + 6 - ((date.getDay() - firstDay + 7) % 7)) / 7);
}

/** [year, week] of ISO 8601. */
function isoWeek(date: Date): [number, number] {
  const thursday = new Date(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()));
  thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7));
  const year = thursday.getUTCFullYear();
  return [year, Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / 604_800_000) + 1];
}

const hour12 = (date: Date) => date.getHours() % 12 || 12;

const DIRECTIVES: ReadonlyMap<string, (date: Date) => string> = new Map<string, (date: Date) => string>([
  ["a", (d) => DAYS[d.getDay()]!.slice(0, 3)],
  ["A", (d) => DAYS[d.getDay()]!],
  ["b", (d) => MONTHS[d.getMonth()]!.slice(0, 3)],
  ["h", (d) => MONTHS[d.getMonth()]!.slice(0, 3)],
  ["B", (d) => MONTHS[d.getMonth()]!],
  ["c", (d) => strftime(d, "%a %b %e %H:%M:%S %Y")],
  ["C", (d) => pad(Math.floor(d.getFullYear() / 100))],
  ["d", (d) => pad(d.getDate())],
  ["D", (d) => strftime(d, "%m/%d/%y")],
  ["e", (d) => pad(d.getDate(), 2, " ")],
  ["f", (d) => pad(d.getMilliseconds() * 1000, 6)],
  ["F", (d) => strftime(d, "%Y-%m-%d")],
  ["G", (d) => String(isoWeek(d)[0])],
  ["H", (d) => pad(d.getHours())],
  ["I", (d) => pad(hour12(d))],
  ["j", (d) => pad(dayOfYear(d), 3)],
  ["k", (d) => pad(d.getHours(), 2, " ")],
  ["l", (d) => pad(hour12(d), 2, " ")],
  ["m", (d) => pad(d.getMonth() + 1)],
  ["M", (d) => pad(d.getMinutes())],
  ["n", () => "\n"],
  ["p", (d) => (d.getHours() < 12 ? "AM" : "PM")],
  ["r", (d) => strftime(d, "%I:%M:%S %p")],
  ["R", (d) => strftime(d, "%H:%M")],
  ["S", (d) => pad(d.getSeconds())],
  ["t", () => "\t"],
  ["T", (d) => strftime(d, "%H:%M:%S")],
  ["u", (d) => String(d.getDay() || 7)],
  ["U", (d) => pad(weekOfYear(d, 0))],
  ["V", (d) => pad(isoWeek(d)[1])],
  ["w", (d) => String(d.getDay())],
  ["W", (d) => pad(weekOfYear(d, 1))],
  ["x", (d) => strftime(d, "%m/%d/%y")],
  ["X", (d) => strftime(d, "%H:%M:%S")],
  ["y", (d) => pad(d.getFullYear() % 100)],
  ["Y", (d) => String(d.getFullYear())],
  ["z", () => ""],
  ["Z", () => ""],
  ["%", () => "%"],
]);

/**
 * `datetime.strftime` in the C locale for a local time without a zone (so `%z` and `%Z` are empty),
 * with glibc's `%-d` (no padding). Fails for a directive that does not exist.
 */
export function strftime(date: Date, format: string): string {
  return format.replace(/%(-?)([a-zA-Z%])/g, (whole, dash: string, letter: string) => {
    const directive = DIRECTIVES.get(letter) ?? fail(`strftime has no directive '${whole}'`);
    const text = directive(date);
    return dash === "" ? text : text.replace(/^[0 ]+(?=\d)/, "");
  });
}
