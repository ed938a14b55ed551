#include "posthouse/mime/charset/charset_guess.h"

#include <algorithm>
#include <array>
#include <memory>

#include <unicode/ucsdet.h>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mime/charset/charset_labels.h"

namespace posthouse::mime {
namespace {

constexpr std::size_t sample_size = 64 * 1024;
constexpr std::size_t meta_size = 4 * 1024;  // WHATWG HTML section 13.2.3.2 asks for 1024; mail has long <style> first

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Octets above 127, and how many of them belong to which kind of thing.
struct HighOctets {
  std::size_t octets = 0;
  std::size_t letters = 0;         // ASCII letters beside them
  std::size_t utf8_sequences = 0;  // well-formed ones
  bool all_utf8 = true;
};

HighOctets high_octets(std::string_view text) {
  HighOctets found;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (static_cast<unsigned char>(c) < 0x80) {
      if (to_lower(c) >= 'a' && to_lower(c) <= 'z') {
        ++found.letters;
      }
      ++at;
      continue;
    }
    const std::size_t length = utf8_sequence(text, at);
    found.octets += std::max<std::size_t>(length, 1);
    if (length != 0) {
      ++found.utf8_sequences;
    } else {
      found.all_utf8 = false;
    }
    at += std::max<std::size_t>(length, 1);
  }
  return found;
}

std::string_view charset_of_mark(std::string_view octets) {
  if (octets.starts_with("\xEF\xBB\xBF")) {
    return "utf-8";
  }
  if (octets.starts_with(std::string_view("\xFF\xFE\0\0", 4))) {
    return "utf-32";
  }
  if (octets.starts_with(std::string_view("\0\0\xFE\xFF", 4))) {
    return "utf-32";
  }
  if (octets.starts_with("\xFF\xFE") || octets.starts_with("\xFE\xFF")) {
    return "utf-16";
  }
  return {};
}

// The value of "charset" in one tag's text: charset="x" or content="text/html; charset=x".
std::string_view charset_in_tag(std::string_view tag) {
  for (std::size_t at = 0; at + 7 < tag.size(); ++at) {
    if (!iequals(tag.substr(at, 7), "charset")) {
      continue;
    }
    std::size_t begin = at + 7;
    while (begin < tag.size() && is_space(tag[begin])) {
      ++begin;
    }
    if (begin == tag.size() || tag[begin] != '=') {
      continue;
    }
    ++begin;
    while (begin < tag.size() && (is_space(tag[begin]) || tag[begin] == '"' || tag[begin] == '\'')) {
      ++begin;
    }
    return tag.substr(begin, tag.find_first_of("\"'; \t\r\n/>", begin) - begin);
  }
  return {};
}

std::string_view charset_of_meta(std::string_view html) {
  html = html.substr(0, meta_size);
  for (std::size_t at = html.find('<'); at != std::string_view::npos; at = html.find('<', at + 1)) {
    if (!iequals(html.substr(at + 1, 4), "meta")) {
      continue;
    }
    const std::string_view tag = html.substr(at, html.find('>', at) - at);
    const std::string_view charset = charset_in_tag(tag);
    if (!charset.empty() && is_known_charset(charset)) {
      return charset;
    }
  }
  return {};
}

bool fits(std::string_view octets, std::string_view charset) {
  std::string ignored;
  return !append_utf8(ignored, octets, charset);
}

// A sample may cut the last character; four octets less never hurt a guess.
std::string_view sample_of(std::string_view octets) {
  return octets.size() <= sample_size ? octets : octets.substr(0, sample_size);
}

// The double-byte charsets have no short texts in ICU's statistics: judge by where their pairs lie. Empty when they are
// no pairs of EUC's shape at all.
std::string_view charset_of_pairs(std::string_view octets) {
  std::size_t pairs = 0, kana = 0, hangul = 0, common_chinese = 0;
  for (std::size_t at = 0; at < octets.size();) {
    const auto lead = static_cast<unsigned char>(octets[at]);
    if (lead < 0x80) {
      ++at;
      continue;
    }
    const unsigned char trail = at + 1 < octets.size() ? static_cast<unsigned char>(octets[at + 1]) : 0;
    if (lead < 0xA1 || lead == 0xFF || trail < 0xA1 || trail == 0xFF) {
      return {};
    }
    ++pairs;
    kana += lead == 0xA4 || lead == 0xA5 ? 1U : 0U;
    hangul += lead >= 0xB0 && lead <= 0xC8 ? 1U : 0U;
    common_chinese += (lead >= 0xB0 && lead <= 0xD7) || (lead >= 0xA1 && lead <= 0xA3) ? 1U : 0U;
    at += 2;
  }
  if (pairs < 2) {
    return {};
  }
  if (kana * 4 >= pairs) {
    return "euc-jp";
  }
  if (hangul == pairs && pairs >= 4) {
    return "euc-kr";
  }
  return common_chinese * 10 >= pairs * 9 ? "gb18030" : std::string_view();
}

// ICU's candidates that can be: all octets have a meaning in them.
class Detector {
 public:
  explicit Detector(std::string_view octets) : octets_(octets) {
    UErrorCode error = U_ZERO_ERROR;
    detector_.reset(ucsdet_open(&error));
    if (U_FAILURE(error)) {
      return;
    }
    ucsdet_setText(detector_.get(), octets.data(), static_cast<int32_t>(octets.size()), &error);
    matches_ = ucsdet_detectAll(detector_.get(), &count_, &error);
    if (U_FAILURE(error)) {
      count_ = 0;
    }
  }

  // The likeliest with at least `confidence`; `western` allows those of mostly ASCII letters.
  CharsetGuess best(int confidence, bool western) const {
    for (int32_t i = 0; i < count_; ++i) {
      UErrorCode error = U_ZERO_ERROR;
      const std::string name = to_lower(ucsdet_getName(matches_[i], &error));
      const int sure = ucsdet_getConfidence(matches_[i], &error);
      if (U_FAILURE(error) || sure < confidence) {
        break;
      }
      if (name.starts_with("utf-16") || name.starts_with("utf-32") || name.starts_with("ibm4")) {
        continue;
      }
      if (!western &&
          is_one_of(name, {"iso-8859-1", "iso-8859-2", "iso-8859-9", "windows-1250", "windows-1252", "windows-1254"})) {
        continue;
      }
      if (fits(octets_, name)) {
        return {name, CharsetSource::detected, sure};
      }
    }
    return {};
  }

 private:
  struct Close {
    void operator()(UCharsetDetector* detector) const { ucsdet_close(detector); }
  };
  std::string_view octets_;
  std::unique_ptr<UCharsetDetector, Close> detector_{};
  const UCharsetMatch** matches_ = nullptr;
  int32_t count_ = 0;
};

CharsetGuess guess_by_octets(std::string_view octets) {
  const HighOctets high = high_octets(octets);
  if (high.octets != 0 && high.all_utf8) {
    return {"utf-8", CharsetSource::detected, high.utf8_sequences >= 3 ? 100 : 90};
  }
  const std::string_view sample = sample_of(octets);
  const Detector detector(sample);
  constexpr int sure = 60;
  constexpr int unsure = 15;
  // Where high octets outnumber the letters beside them, it is no language of the Latin script.
  const bool western = high.octets * 2 < high.letters + high.octets;
  CharsetGuess guess = detector.best(sure, western);
  if (!guess.charset.empty()) {
    return guess;
  }
  if (!western) {
    if (const std::string_view pairs = charset_of_pairs(sample); !pairs.empty() && fits(sample, pairs)) {
      return {std::string(pairs), CharsetSource::detected, sure - 10};
    }
  }
  guess = detector.best(unsure, western);
  if (!guess.charset.empty()) {
    return guess;
  }
  return {"windows-1252", CharsetSource::fallback, 0};
}

bool has_escapes(std::string_view octets) {
  return octets.find("\x1B$") != std::string_view::npos || octets.find("\x1B(") != std::string_view::npos;
}

bool is_ascii_label(std::string_view label) {
  return is_one_of(label, {"", "us-ascii", "ascii", "ansi_x3.4-1968", "ansi_x3.4-1986", "iso-ir-6", "us", "iso646-us",
                           "csascii", "ibm367", "cp367", "iso_646.irv:1991"});
}

// How many well-formed UTF-8 sequences it takes not to believe the label; 0: it is always believed.
std::size_t utf8_outweighs(std::string_view converter) {
  if (is_one_of(converter, {"ASCII", "windows-1254", "ISO-8859-15"})) {
    return 1;
  }
  for (const std::string_view family : {"ISO-8859-", "windows-125", "windows-874", "KOI8-", "ibm-866", "macintosh"}) {
    if (converter.starts_with(family)) {
      return 3;
    }
  }
  return 0;
}

Text read_as(std::string_view octets, const CharsetGuess& guess) {
  Text text = to_utf8(octets, guess.charset);
  text.source = guess.source;
  text.confidence = guess.confidence;
  return text;
}

std::size_t replacements(std::string_view utf8) {
  std::size_t count = 0;
  for (std::size_t at = utf8.find(replacement_character); at != std::string_view::npos;
       at = utf8.find(replacement_character, at + 3)) {
    ++count;
  }
  return count;
}

}  // namespace

CharsetGuess guess_charset(std::string_view octets, bool is_html) {
  if (const std::string_view mark = charset_of_mark(octets); !mark.empty()) {
    return {std::string(mark), CharsetSource::bom, 100};
  }
  if (is_html) {
    if (const std::string_view meta = charset_of_meta(octets); !meta.empty() && fits(octets, meta)) {
      return {to_lower(meta), CharsetSource::meta, 95};
    }
  }
  return guess_by_octets(octets);
}

Text decode_text(std::string_view octets, std::string_view label, bool is_html) {
  const std::string lower = to_lower(trim(label));
  const bool seven_bit = skip_ascii(octets, 0) == octets.size();
  const std::string_view converter = converter_name(lower);
  if (seven_bit && !converter.empty() && !(is_ascii_label(lower) && has_escapes(octets))) {
    return to_utf8(octets, label);
  }
  if (const std::string_view mark = charset_of_mark(octets);
      !mark.empty() && !converter.starts_with(mark == "utf-8"    ? "UTF-8"
                                              : mark == "utf-16" ? "UTF-16"
                                                                 : "UTF-32")) {
    return read_as(octets, {std::string(mark), CharsetSource::bom, 100});
  }
  if (converter.empty() || is_ascii_label(lower)) {
    if (seven_bit && !has_escapes(octets)) {
      return to_utf8(octets, label);
    }
    Text text = read_as(octets, guess_charset(octets, is_html));
    text.known_charset = !converter.empty();
    return text;
  }
  if (const std::size_t enough = utf8_outweighs(converter); enough != 0 && is_valid_utf8(octets)) {
    const HighOctets high = high_octets(octets);
    if (high.utf8_sequences >= enough) {
      return read_as(octets, {"utf-8", CharsetSource::detected, high.utf8_sequences >= 3 ? 100 : 90});
    }
  }
  Text text = to_utf8(octets, label);
  if (!text.lossy || replacements(text.utf8) * 4 <= high_octets(octets).octets) {
    return text;
  }
  const CharsetGuess guess = guess_charset(octets, is_html);
  if (guess.source == CharsetSource::fallback || !fits(octets, guess.charset)) {
    return text;
  }
  return read_as(octets, guess);
}

std::string decode_raw_header(std::string_view octets, std::string_view hint) {
  if (is_valid_utf8(octets)) {
    return std::string(octets);
  }
  const std::string_view converter = converter_name(hint);
  const bool extends_ascii = !converter.empty() && !converter.starts_with("UTF-") &&
                             !converter.starts_with("ISO_2022") && !converter.starts_with("ISO-2022") &&
                             converter != "HZ" && !is_ascii_label(to_lower(hint));
  std::string text;
  if (extends_ascii && !append_utf8(text, octets, hint)) {
    return text;
  }
  return to_utf8(octets, guess_by_octets(octets).charset).utf8;
}

}  // namespace posthouse::mime
