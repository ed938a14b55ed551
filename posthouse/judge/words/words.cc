#include "posthouse/judge/words/words.h"

#include <algorithm>
#include <memory>
#include <unordered_set>

#include <unicode/brkiter.h>
#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/judge/words/links.h"
#include "posthouse/mime/charset/casemap.h"
#include "posthouse/mime/read/readable_text.h"

namespace posthouse::judge {
namespace {

constexpr std::size_t shortest_word = 2;
constexpr std::size_t longest_word = 40;  // octets; longer ones are told by their beginning and about how long they are

bool is_word_octet(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return octet >= 0x80 || is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
}

/// Octets within a word that do not end it, and those of prices.
bool joins(char c) {
  return c == '\'' || c == '-' || c == '.' || c == '_';
}

bool is_ideographic(std::string_view word) {
  const icu::UnicodeString text = icu::UnicodeString::fromUTF8({word.data(), static_cast<std::int32_t>(word.size())});
  for (std::int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    const UChar32 c = text.char32At(i);
    if (u_hasBinaryProperty(c, UCHAR_IDEOGRAPHIC) || ublock_getCode(c) == UBLOCK_HIRAGANA ||
        ublock_getCode(c) == UBLOCK_KATAKANA) {
      return true;
    }
  }
  return false;
}

/// Cuts a run of letters by ICU's dictionary.
void split_ideographic(std::string_view run, std::vector<std::string>& words) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::BreakIterator> iterator(
      icu::BreakIterator::createWordInstance(icu::Locale::getRoot(), status));
  if (U_FAILURE(status)) {
    words.emplace_back(run);
    return;
  }
  const icu::UnicodeString text = icu::UnicodeString::fromUTF8({run.data(), static_cast<std::int32_t>(run.size())});
  iterator->setText(text);
  for (std::int32_t begin = iterator->first(), end = iterator->next(); end != icu::BreakIterator::DONE;
       begin = end, end = iterator->next()) {
    if (iterator->getRuleStatus() != UBRK_WORD_NONE) {
      std::string word;
      text.tempSubStringBetween(begin, end).toUTF8String(word);
      words.push_back(std::move(word));
    }
  }
}

void add_word(std::string_view word, std::vector<std::string>& words) {
  while (!word.empty() && joins(word.back())) {
    word.remove_suffix(1);
  }
  if (!is_ascii(word) && is_ideographic(word)) {
    return split_ideographic(word, words);
  }
  if (word.size() > longest_word) {
    constexpr std::size_t shown = 8;
    constexpr std::size_t step = 20;
    words.push_back(std::string(word.substr(0, shown)) + "~" + std::to_string(word.size() / step));
  } else if (word.size() >= shortest_word) {
    words.emplace_back(word);
  }
}

/// 64-bit FNV-1a, which is quick and spreads well enough for counting.
class Hash {
 public:
  Hash& add(std::string_view octets) {
    for (const char c : octets) {
      value_ = (value_ ^ static_cast<unsigned char>(c)) * prime;
    }
    return *this;
  }
  std::uint64_t value() const { return value_; }

 private:
  static constexpr std::uint64_t basis = 0xcbf29ce484222325;
  static constexpr std::uint64_t prime = 0x100000001b3;
  std::uint64_t value_ = basis;
};

class Collector {
 public:
  explicit Collector(const WordLimits& limits) : limits_(limits) {}

  void add(std::string_view kind, std::string_view word) {
    if (found_.size() < limits_.words && !word.empty()) {
      found_.insert(Hash().add(kind).add(":").add(word).value());
    }
  }
  /// Words and pairs of neighbours.
  void add_text(std::string_view kind, std::string_view text) {
    const std::vector<std::string> words = split_words(text);
    for (std::size_t i = 0; i < words.size() && found_.size() < limits_.words; ++i) {
      add(kind, words[i]);
      if (i != 0 && found_.size() < limits_.words) {
        found_.insert(Hash().add(kind).add(":").add(words[i - 1]).add(" ").add(words[i]).value());
      }
    }
  }
  std::vector<std::uint64_t> take() const {
    std::vector<std::uint64_t> words(found_.begin(), found_.end());
    std::sort(words.begin(), words.end());
    return words;
  }

 private:
  const WordLimits& limits_;
  std::unordered_set<std::uint64_t> found_{};
};

void add_addresses(Collector& collector, const mime::Message& message, std::string_view field, std::string_view kind) {
  for (const mime::Address& address : message.addresses(field)) {
    collector.add_text(kind, address.name);
    const std::string spelling = to_lower(address.addr);
    collector.add(kind, spelling);
    const std::size_t at = spelling.rfind('@');
    collector.add(kind, at == std::string::npos ? std::string_view() : std::string_view(spelling).substr(at));
  }
}

void add_parts(Collector& collector, const mime::Message& message) {
  for (const mime::Part& part : message.walk()) {
    collector.add("type", part.type());
    if (const auto name = part.filename()) {
      const std::size_t dot = name->rfind('.');
      collector.add("file", dot == std::string::npos ? "none" : to_lower(name->substr(dot)));
    }
    collector.add("charset", part.charset());
  }
}

}  // namespace

std::vector<std::string> split_words(std::string_view text) {
  const std::string mapped = mime::casemapped(text);
  std::vector<std::string> words;
  for (std::size_t at = 0; at < mapped.size();) {
    const bool price = mapped[at] == '$' && at + 1 < mapped.size() && is_digit(mapped[at + 1]);
    if (!price && !is_word_octet(mapped[at])) {
      ++at;
      continue;
    }
    std::size_t end = at + 1;
    while (end < mapped.size() && (is_word_octet(mapped[end]) || joins(mapped[end]) || (price && mapped[end] == ','))) {
      ++end;
    }
    add_word(std::string_view(mapped).substr(at, end - at), words);
    at = end;
  }
  return words;
}

std::vector<std::uint64_t> words_of(const mime::Message& message, const WordLimits& limits) {
  Collector collector(limits);
  collector.add_text("subject", message.subject());
  add_addresses(collector, message, "From", "from");
  add_addresses(collector, message, "Reply-To", "reply");
  collector.add_text("mailer", message.header("X-Mailer") + " " + message.header("User-Agent"));
  collector.add("list", to_lower(message.header("List-Id")));
  add_parts(collector, message);
  for (const Link& link : links_of(message)) {
    collector.add("link", link.host);
  }
  const std::string text = mime::readable_text(message);
  collector.add_text("", std::string_view(text).substr(0, limits.text));
  return collector.take();
}

}  // namespace posthouse::judge
