#include "posthouse/mime/fields/encoded_word.h"

#include <optional>
#include <utility>

#include "posthouse/base/hex.h"
#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/codec/transfer_encoding.h"
#include "posthouse/mime/fields/header_writer.h"
#include "posthouse/mime/wire/encoded_word_reader.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

// Decodes the raw value of an unstructured field; one pass from left to right.
class WordsDecoder {
 public:
  WordsDecoder(std::string& out, std::string_view value, std::vector<Defect>* defects, std::size_t offset)
      : out_(out), begin_(out.size()), value_(value), reader_(value), defects_(defects), offset_(offset) {}

  void run() {
    out_.reserve(begin_ + value_.size());
    std::size_t plain = 0;  // start of what is not yet written
    std::size_t at = 0;
    while ((at = value_.find("=?", at)) != std::string_view::npos) {
      const std::optional<EncodedWord> word = reader_.read(at);
      if (!word) {
        ++at;
        continue;
      }
      put_plain(value_.substr(plain, at - plain), true);
      put_word(*word, at);
      plain = at = word->end;
    }
    put_plain(value_.substr(plain), false);
    if (reader_.unterminated()) {
      note(DefectCode::encoded_word_invalid, plain);
    }
  }

 private:
  void put_plain(std::string_view text, bool before_word) {
    std::string unfolded;
    std::string_view visible = text;
    if (find_cr_or_lf(text) != std::string_view::npos) {
      append_unfolded(unfolded, text);
      visible = unfolded;
    }
    // White space between two encoded words is not part of the text (RFC 2047 section 6.2).
    if (before_word && in_words_ && trim(visible).empty()) {
      return;
    }
    flush_words();
    in_words_ = false;
    if (out_.size() == begin_) {
      while (!visible.empty() && is_space(visible.front())) {
        visible.remove_prefix(1);
      }
    }
    if (!before_word) {
      while (!visible.empty() && is_space(visible.back())) {
        visible.remove_suffix(1);
      }
    }
    append_repaired_utf8(out_, visible);
  }

  void put_word(const EncodedWord& word, std::size_t at) {
    if (!in_words_ || !iequals(word.charset, charset_)) {
      flush_words();
      charset_ = word.charset;
      words_at_ = at;
      words_out_ = out_.size();
      direct_ = iequals(charset_, "utf-8");
    }
    in_words_ = true;
    std::string& to = direct_ ? out_ : octets_;
    if (word.encoding == 'B') {
      decode_body(to, word.text, TransferEncoding::base64, defects_, offset_ + at);
    } else {
      decode_q(to, word.text);
    }
  }

  // RFC 2047 section 4.2; line ends inside a word are folds in the wrong place.
  static void decode_q(std::string& to, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      if (c == '_') {
        to += ' ';
      } else if (c == '=' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
        to += static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
        i += 2;
      } else if (c != '\r' && c != '\n') {
        to += c;
      }
    }
  }

  // UTF-8 has been decoded to its place; it goes through octets_ only where it is none.
  void flush_words() {
    if (std::exchange(direct_, false) && !is_valid_utf8(std::string_view(out_).substr(words_out_))) {
      octets_ = out_.substr(words_out_);
      out_.resize(words_out_);
    }
    if (octets_.empty()) {
      return;
    }
    if (append_utf8(out_, octets_, charset_)) {
      note(DefectCode::encoded_word_charset, words_at_);
    }
    octets_.clear();
  }

  void note(DefectCode code, std::size_t at) {
    if (defects_ != nullptr) {
      defects_->push_back({code, offset_ + at});
    }
  }

  std::string& out_;
  std::size_t begin_;
  std::string_view value_;
  EncodedWordReader reader_;
  std::vector<Defect>* defects_;
  std::size_t offset_;
  std::string octets_{};        // of the adjacent words of one charset seen last
  std::string_view charset_{};  // theirs
  std::size_t words_at_ = 0;
  std::size_t words_out_ = 0;  // where in out_ they begin
  bool in_words_ = false;
  bool direct_ = false;  // they are UTF-8
};

}  // namespace

std::string decode_words(std::string_view value, std::vector<Defect>* defects, std::size_t offset) {
  std::string out;
  append_decoded_words(out, value, defects, offset);
  return out;
}

void append_decoded_words(std::string& out, std::string_view value, std::vector<Defect>* defects, std::size_t offset) {
  WordsDecoder(out, value, defects, offset).run();
}

std::string encode_words(std::string_view text, std::size_t name_length) {
  std::string out;
  HeaderWriter(out, name_length).unstructured(text);
  return out;
}

}  // namespace posthouse::mime
