#include "posthouse/mime/fields/date.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

#include "posthouse/base/text.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

using std::chrono::minutes;

constexpr std::string_view months[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                       "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

struct Zone {
  std::string_view name;
  int hours;
};
// RFC 5322 section 4.3. "Z" alone of the military letters has always been sent with its right meaning.
constexpr Zone zones[] = {{"ut", 0},   {"utc", 0},  {"gmt", 0},  {"z", 0},    {"est", -5}, {"edt", -4},
                          {"cst", -6}, {"cdt", -5}, {"mst", -7}, {"mdt", -6}, {"pst", -8}, {"pdt", -7}};

// A word, a number or a single character.
struct DateToken {
  std::string_view text;
  bool is_number() const { return is_digit(text.front()); }
};

// The first tokens of a value; a date has no more.
class Tokens {
 public:
  explicit Tokens(std::string_view value) {
    for (std::size_t at = skip_cfws(value, 0); at < value.size() && count_ < tokens_.size();
         at = skip_cfws(value, at)) {
      std::size_t end = at + 1;
      if (is_digit(value[at])) {
        while (end < value.size() && is_digit(value[end])) {
          ++end;
        }
      } else if (is_letter(value[at])) {
        while (end < value.size() && is_letter(value[end])) {
          ++end;
        }
      }
      tokens_[count_++] = {value.substr(at, end - at)};
      at = end;
    }
  }
  bool done() const { return next_ == count_; }
  bool at_number() const { return !done() && tokens_[next_].is_number(); }
  bool at_word() const { return !done() && is_letter(tokens_[next_].text.front()); }
  bool skip(char c) {
    if (done() || tokens_[next_].text != std::string_view(&c, 1)) {
      return false;
    }
    ++next_;
    return true;
  }
  std::string_view take() { return tokens_[next_++].text; }
  std::string_view peek() const { return tokens_[next_].text; }

 private:
  std::array<DateToken, 24> tokens_{};
  std::size_t count_ = 0;
  std::size_t next_ = 0;
};

// At most nine digits; -1 otherwise.
int small_number(std::string_view digits) {
  if (digits.empty() || digits.size() > 9) {
    return -1;
  }
  int value = 0;
  for (const char c : digits) {
    value = value * 10 + (c - '0');
  }
  return value;
}

int month_of(std::string_view word) {
  if (word.size() < 3) {
    return 0;
  }
  const std::string name = to_lower(word.substr(0, 3));
  const auto* found = std::find(std::begin(months), std::end(months), name);
  return found == std::end(months) ? 0 : static_cast<int>(found - std::begin(months)) + 1;
}

// RFC 5322 section 4.3: 00–49 are 2000–2049, 50–99 are 1950–1999, three digits count from 1900.
int full_year(std::string_view digits) {
  const int year = small_number(digits);
  if (digits.size() <= 2) {
    return year < 50 ? 2000 + year : 1900 + year;
  }
  return digits.size() == 3 ? 1900 + year : year;
}

struct TimeOfDay {
  int hour = 0, minute = 0, second = 0;
};

struct DateParts {
  int day = 0, month = 0, year = -1;
  TimeOfDay clock{};
  minutes offset{};
  bool offset_known = false;
};

bool read_clock(Tokens& tokens, TimeOfDay& clock) {
  if (!tokens.at_number()) {
    return false;
  }
  clock.hour = small_number(tokens.take());
  if (!tokens.skip(':') && !tokens.skip('.')) {
    return false;
  }
  if (!tokens.at_number()) {
    return false;
  }
  clock.minute = small_number(tokens.take());
  if (tokens.skip(':') || tokens.skip('.')) {
    if (!tokens.at_number()) {
      return false;
    }
    clock.second = small_number(tokens.take());
    if (tokens.skip('.') && tokens.at_number()) {
      tokens.take();  // a fraction
    }
  }
  if (tokens.at_word()) {
    const std::string half = to_lower(tokens.peek());
    const bool morning = half == "am", evening = half == "pm";
    if (morning || evening) {
      tokens.take();
      if (clock.hour == 12) {
        clock.hour = morning ? 0 : 12;
      } else if (evening && clock.hour < 12) {
        clock.hour += 12;
      }
    }
  }
  return clock.hour >= 0 && clock.hour < 24 && clock.minute >= 0 && clock.minute < 60 && clock.second >= 0 &&
         clock.second <= 60;
}

void read_zone(Tokens& tokens, DateParts& parts) {
  constexpr std::size_t whole = 4;  // so many digits are a zone even where the "+" was forgotten
  const bool unsigned_zone = tokens.at_number() && tokens.peek().size() == whole;
  while (tokens.at_word()) {
    const std::string name = to_lower(tokens.take());
    for (const Zone& zone : zones) {
      if (zone.name != name) {
        continue;
      }
      parts.offset = minutes(zone.hours * 60);
      parts.offset_known = true;
    }
    if (name != "am" && name != "pm") {
      break;
    }
  }
  if (parts.offset_known && parts.offset.count() != 0) {
    return;
  }
  const bool minus = tokens.skip('-');
  if (!minus && !tokens.skip('+') && !unsigned_zone) {
    return;
  }
  if (!tokens.at_number()) {
    return;
  }
  const std::string_view digits = tokens.take();
  int value = small_number(digits);
  if (digits.size() <= 2) {
    value *= 100;
    if (tokens.skip(':') && tokens.at_number()) {
      value += small_number(tokens.take());
    }
  }
  if (value < 0 || value > 9959) {
    return;
  }
  const minutes size(value / 100 * 60 + value % 100);
  if (size >= std::chrono::hours(100)) {
    return;
  }
  parts.offset = minus ? -size : size;
  parts.offset_known = !(minus && size.count() == 0);
}

// date-time = [ day-name "," ] day month year time [zone], and asctime's "Sat Jan 31 23:59:59 2026".
bool read_parts(Tokens& tokens, DateParts& parts) {
  if (tokens.at_word() && month_of(tokens.peek()) == 0) {
    tokens.take();
    tokens.skip('.');
  }
  tokens.skip(',');
  std::string_view year;
  if (tokens.at_word()) {  // month first
    parts.month = month_of(tokens.take());
    if (!tokens.at_number()) {
      return false;
    }
    parts.day = small_number(tokens.take());
    tokens.skip(',');
  } else {
    if (!tokens.at_number()) {
      return false;
    }
    parts.day = small_number(tokens.take());
    tokens.skip('-');
    tokens.skip('.');
    if (!tokens.at_word()) {
      return false;
    }
    parts.month = month_of(tokens.take());
    tokens.skip('.');
    tokens.skip('-');
    tokens.skip(',');
    if (!tokens.at_number()) {
      return false;
    }
    year = tokens.take();
  }
  tokens.skip(',');
  if (!read_clock(tokens, parts.clock)) {
    return false;
  }
  if (year.empty()) {
    DateParts before_year = parts;
    if (tokens.at_word()) {
      read_zone(tokens, parts);
    }
    if (!tokens.at_number()) {
      return false;
    }
    year = tokens.take();
    if (!parts.offset_known) {
      parts.offset = before_year.offset;
    }
  }
  parts.year = full_year(year);
  if (!parts.offset_known) {
    read_zone(tokens, parts);
  }
  return parts.month != 0;
}

void append_two(std::string& out, int value) {
  out += static_cast<char>('0' + value / 10 % 10);
  out += static_cast<char>('0' + value % 10);
}

void append_year(std::string& out, int year) {
  append_two(out, year / 100);
  append_two(out, year % 100);
}

void append_clock(std::string& out, std::chrono::sys_seconds moment) {
  const std::chrono::hh_mm_ss time(moment - std::chrono::floor<std::chrono::days>(moment));
  append_two(out, static_cast<int>(time.hours().count()));
  out += ':';
  append_two(out, static_cast<int>(time.minutes().count()));
  out += ':';
  append_two(out, static_cast<int>(time.seconds().count()));
}

std::chrono::year_month_day calendar(std::chrono::sys_seconds moment) {
  return std::chrono::floor<std::chrono::days>(moment);
}

}  // namespace

std::optional<Date> parse_date(std::string_view value) {
  Tokens tokens(value);
  DateParts parts;
  if (!read_parts(tokens, parts)) {
    return std::nullopt;
  }
  if (parts.year < 1900 || parts.year > 9999 || parts.day < 1 || parts.day > 31) {
    return std::nullopt;
  }
  const std::chrono::year_month_day day{std::chrono::year(parts.year),
                                        std::chrono::month(static_cast<unsigned>(parts.month)),
                                        std::chrono::day(static_cast<unsigned>(parts.day))};
  if (!day.ok()) {
    return std::nullopt;
  }
  Date date;
  date.utc = std::chrono::sys_days(day) + std::chrono::hours(parts.clock.hour) + minutes(parts.clock.minute) +
             std::chrono::seconds(parts.clock.second) - parts.offset;
  date.offset = parts.offset;
  date.offset_known = parts.offset_known;
  return date;
}

std::string format_date(const Date& date) {
  const std::chrono::sys_seconds local = date.utc + (date.offset_known ? date.offset : minutes(0));
  const std::chrono::year_month_day day = calendar(local);
  std::string out(days[std::chrono::weekday(std::chrono::sys_days(day)).c_encoding()]);
  out += ", ";
  out += std::to_string(static_cast<unsigned>(day.day()));
  out += ' ';
  std::string month(months[static_cast<unsigned>(day.month()) - 1]);
  month[0] = to_upper(month[0]);
  out += month;
  out += ' ';
  append_year(out, static_cast<int>(day.year()));
  out += ' ';
  append_clock(out, local);
  out += ' ';
  return out + format_offset(date);
}

std::string format_date(std::chrono::system_clock::time_point moment) {
  return format_date(Date{.utc = std::chrono::floor<std::chrono::seconds>(moment)});
}

std::string format_utc(const Date& date) {
  const std::chrono::year_month_day day = calendar(date.utc);
  std::string out;
  append_year(out, static_cast<int>(day.year()));
  out += '-';
  append_two(out, static_cast<int>(static_cast<unsigned>(day.month())));
  out += '-';
  append_two(out, static_cast<int>(static_cast<unsigned>(day.day())));
  out += 'T';
  append_clock(out, date.utc);
  return out + 'Z';
}

std::string format_offset(const Date& date) {
  if (!date.offset_known) {
    return "-0000";
  }
  const auto total = static_cast<int>(std::abs(date.offset.count()));
  std::string out(1, date.offset.count() < 0 ? '-' : '+');
  append_two(out, total / 60);
  append_two(out, total % 60);
  return out;
}

}  // namespace posthouse::mime
