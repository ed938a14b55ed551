#include "posthouse/mime/codec/quoted_printable.h"

#include <algorithm>
#include <cstring>

namespace posthouse::mime {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

unsigned char octet(char c) {
  return static_cast<unsigned char>(c);
}

constexpr char hex_digits[] = "0123456789ABCDEF";

// One pass, in pieces that stay in the processor's cache. Blanks at the end of a line were added on the way (RFC 2045
// section 6.7, rule 3): they are copied like all else, and taken back when the line end comes.
class Decoder {
 public:
  Decoder(std::string& out, std::string_view body, std::vector<Defect>* defects, std::size_t offset, Codec codec)
      : body_(body), out_(out), defects_(defects), offset_(offset), codec_(codec), written_(out.size()) {}

  void run() {
    constexpr std::size_t piece = std::size_t{16} * 1024;
    out_.reserve(written_ + body_.size() + codec_slack);
    while (next_ < body_.size()) {
      const std::size_t end = std::min(body_.size(), next_ + piece);
      out_.resize(written_ + end - next_ + 2 + codec_slack);  // 2: of "==" at the end
      at_ = out_.data() + written_;
      while (next_ < end) step(end);
      written_ = static_cast<std::size_t>(at_ - out_.data());
    }
    if (!ends_softly_) written_ -= blanks_before(body_.size());
    out_.resize(written_);
  }

 private:
  void step(std::size_t end) {
    if (codec_ == Codec::vectors && end - next_ >= codec_slack) {
      const CodecProgress progress = decode_quoted_printable_plainly(body_.substr(next_, end - next_), at_);
      next_ += progress.read;
      at_ += progress.written;
    }
    while (next_ < end && body_[next_] != '=' && body_[next_] != '\n') *at_++ = body_[next_++];
    if (next_ == end) return;
    if (body_[next_] == '\n') {
      line_end();
    } else if (!escape() && !soft_line_break()) {
      invalid();
    }
  }

  std::size_t blanks_before(std::size_t at) const {
    std::size_t count = 0;
    while (count < at && is_blank(body_[at - count - 1])) ++count;
    return count;
  }

  void line_end() {
    const bool crlf = next_ > 0 && body_[next_ - 1] == '\r';
    if (crlf) --at_;
    at_ -= blanks_before(next_ - (crlf ? 1 : 0));
    if (crlf) *at_++ = '\r';
    *at_++ = '\n';
    ++next_;
  }

  bool escape() {
    if (body_.size() - next_ < 3) return false;
    const std::uint8_t high = hex_values[octet(body_[next_ + 1])];
    const std::uint8_t low = hex_values[octet(body_[next_ + 2])];
    if ((high | low) > 15) return false;
    *at_++ = static_cast<char>(high << 4 | low);
    next_ += 3;
    return true;
  }

  bool soft_line_break() {
    std::size_t at = next_ + 1;
    while (at < body_.size() && is_blank(body_[at])) ++at;
    if (at == body_.size()) {
      ends_softly_ = true;
      next_ = at;
      return true;
    }
    if (body_[at] == '\r') ++at;
    if (at == body_.size() || body_[at] != '\n') return false;
    next_ = at + 1;
    return true;
  }

  // The "=" and what follows are taken as they are.
  void invalid() {
    if (!noted_ && defects_ != nullptr) {
      const std::size_t newline = body_.rfind('\n', next_);
      const std::size_t line = newline == std::string_view::npos ? 0 : newline + 1;
      defects_->push_back({DefectCode::quoted_printable_invalid, offset_ + line});
    }
    noted_ = true;
    *at_++ = body_[next_++];
    if (next_ < body_.size() && body_[next_] == '=') *at_++ = body_[next_++];
  }

  std::string_view body_;
  std::string& out_;
  std::vector<Defect>* defects_;
  std::size_t offset_;
  Codec codec_;
  std::size_t written_;
  char* at_ = nullptr;
  std::size_t next_ = 0;
  bool ends_softly_ = false;
  bool noted_ = false;
};

std::size_t copy_unescaped_plainly(std::string_view text, char* to) {
  std::size_t count = 0;
  for (; count < text.size(); ++count) {
    const char c = text[count];
    if (!((c >= 32 && c <= 126 && c != '=') || c == '\t')) break;
    to[count] = c;
  }
  return count;
}

class Encoder {
 public:
  Encoder(std::string& out, std::string_view text, Codec codec)
      : text_(text), out_(out), written_(out.size()), codec_(codec) {}

  void run() {
    out_.reserve(written_ + text_.size() + text_.size() / 8);
    for (std::size_t at = 0; at < text_.size();) {
      const std::size_t newline = text_.find('\n', at);
      if (newline == std::string_view::npos) {
        line(at, text_.size());
        break;
      }
      const bool crlf = newline > at && text_[newline - 1] == '\r';
      line(at, newline - (crlf ? 1 : 0));
      make_room();
      put("\r\n");
      at = newline + 1;
    }
    out_.resize(written_);
  }

 private:
  static constexpr std::size_t room = 75;  // one column is kept for the "=" of a soft line break

  void line(std::size_t at, std::size_t end) {
    column_ = 0;
    if (at == end) return;
    // Not to be taken for the first line of a message in an mbox file.
    if (text_.substr(at, end - at).starts_with("From ")) escape(text_[at++], false);
    // A blank at the end of a line would be lost (RFC 2045 section 6.7, rule 3).
    const std::size_t plain_end = is_blank(text_[end - 1]) ? end - 1 : end;
    while (at < end) {
      at += plain(at, plain_end, end);
      for (; at < end && (at == plain_end || must_escape(text_[at])); ++at) escape(text_[at], at + 1 == end);
    }
  }

  // Copies what needs no escape and fits into the line; breaks the line where nothing fits any more.
  std::size_t plain(std::size_t at, std::size_t plain_end, std::size_t end) {
    make_room();
    const std::string_view next = text_.substr(at, window);  // what needs no escape ends with the line
    char* to = out_.data() + written_;
    std::size_t count = codec_ == Codec::vectors ? copy_unescaped(next, to) : copy_unescaped_plainly(next, to);
    count = std::min(count, plain_end - at);
    std::size_t space = room - std::min(column_, room);
    if (at + count == end && count == space + 1) ++space;  // nothing follows, so no "=" either
    if (count > 0 && space == 0) {
      soft_line_break();
      return 0;
    }
    count = std::min(count, space);
    written_ += count;
    column_ += count;
    return count;
  }

  static bool must_escape(char c) { return !((c >= 32 && c <= 126 && c != '=') || c == '\t'); }

  void escape(char c, bool last) {
    make_room();
    if (column_ + 3 > room + (last ? 1 : 0)) soft_line_break();
    const char text[] = {'=', hex_digits[octet(c) >> 4], hex_digits[octet(c) & 15]};
    put({text, 3});
    column_ += 3;
  }

  void soft_line_break() {
    put("=\r\n");
    column_ = 0;
  }

  // For what one step writes.
  void make_room() {
    constexpr std::size_t step = window + codec_slack + 8;
    if (out_.size() - written_ < step) out_.resize(written_ + step + std::size_t{16} * 1024);
  }

  void put(std::string_view text) {
    std::memcpy(out_.data() + written_, text.data(), text.size());
    written_ += text.size();
  }

  static constexpr std::size_t window = 2 * codec_slack;  // more than a line of output

  std::string_view text_;
  std::string& out_;
  std::size_t written_;
  std::size_t column_ = 0;
  Codec codec_;
};

}  // namespace

void decode_quoted_printable(std::string& out, std::string_view body, std::vector<Defect>* defects, std::size_t offset,
                             Codec codec) {
  Decoder(out, body, defects, offset, codec).run();
}

void encode_quoted_printable(std::string& out, std::string_view text, Codec codec) {
  Encoder(out, text, codec).run();
}

}  // namespace posthouse::mime
