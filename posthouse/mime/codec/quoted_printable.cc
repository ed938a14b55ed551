#include "posthouse/mime/codec/quoted_printable.h"

#include <algorithm>

#include "posthouse/mime/codec/quoted_printable_writer.h"
#include "posthouse/mime/wire/lexer.h"

namespace posthouse::mime {
namespace {

// One pass, in pieces that stay in the processor's cache. Blanks at the end of a line were added on the way (RFC 2045
// section 6.7, rule 3): they are copied like all else, and taken back when the line end comes.
class QuotedPrintableDecoder {
 public:
  QuotedPrintableDecoder(std::string& out, std::string_view body, std::vector<Defect>* defects, std::size_t offset,
                         Codec codec)
      : body_(body), out_(out), defects_(defects), offset_(offset), codec_(codec), written_(out.size()) {}

  void run() {
    constexpr std::size_t piece = std::size_t{16} * 1024;
    out_.reserve(written_ + body_.size() + codec_slack);
    while (next_ < body_.size()) {
      const std::size_t end = std::min(body_.size(), next_ + piece);
      out_.resize(written_ + end - next_ + 2 + codec_slack);  // 2: of "==" at the end
      at_ = out_.data() + written_;
      while (next_ < end) {
        step(end);
      }
      written_ = static_cast<std::size_t>(at_ - out_.data());
    }
    if (!ends_softly_) {
      written_ -= blanks_before(body_.size());
    }
    out_.resize(written_);
  }

 private:
  void step(std::size_t end) {
    if (codec_ == Codec::vectors && end - next_ > 2 * codec_slack) {
      const CodecProgress progress = decode_quoted_printable_plainly(body_.substr(next_, end - next_), at_);
      next_ += progress.read;
      at_ += progress.written;
    }
    while (next_ < end && body_[next_] != '=' && body_[next_] != '\n') {
      *at_++ = body_[next_++];
    }
    if (next_ == end) {
      return;
    }
    if (body_[next_] == '\n') {
      line_end();
    } else if (!escape() && !soft_line_break()) {
      invalid();
    }
  }

  std::size_t blanks_before(std::size_t at) const {
    std::size_t count = 0;
    while (count < at && is_blank(body_[at - count - 1])) {
      ++count;
    }
    return count;
  }

  void line_end() {
    const bool crlf = next_ > 0 && body_[next_ - 1] == '\r';
    if (crlf) {
      --at_;
    }
    at_ -= blanks_before(next_ - (crlf ? 1 : 0));
    if (crlf) {
      *at_++ = '\r';
    }
    *at_++ = '\n';
    ++next_;
  }

  bool escape() {
    if (body_.size() - next_ < 3) {
      return false;
    }
    const std::uint8_t high = hex_values[octet(body_[next_ + 1])];
    const std::uint8_t low = hex_values[octet(body_[next_ + 2])];
    if ((high | low) > 15) {
      return false;
    }
    *at_++ = static_cast<char>(high << 4 | low);
    next_ += 3;
    return true;
  }

  bool soft_line_break() {
    std::size_t at = next_ + 1;
    while (at < body_.size() && is_blank(body_[at])) {
      ++at;
    }
    if (at == body_.size()) {
      ends_softly_ = true;
      next_ = at;
      return true;
    }
    if (body_[at] == '\r') {
      ++at;
    }
    if (at == body_.size() || body_[at] != '\n') {
      return false;
    }
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
    if (next_ < body_.size() && body_[next_] == '=') {
      *at_++ = body_[next_++];
    }
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

class Encoder {
 public:
  Encoder(std::string& out, std::string_view text, Codec codec)
      : text_(text), out_(out), codec_(codec), writer_{.to = out.data() + out.size()} {}

  void run() {
    make_room(text_.size() + text_.size() / 8);
    while (next_ < text_.size()) {
      make_room(quoted_room);
      if (codec_ == Codec::vectors && text_.size() - next_ > 2 * codec_slack) {
        next_ = encode_quoted_printable_vectors(text_, next_, writer_, out_.data() + out_.size());
      }
      step();
    }
    if (writer_.column > 0) {
      writer_.protect_blank(text_.back());
    }
    out_.resize(static_cast<std::size_t>(writer_.to - out_.data()));
  }

 private:
  void step() {
    const char* const at = text_.data() + next_;
    const char* const end = text_.data() + text_.size();
    if (const std::size_t line_end = line_end_at(at, end); line_end > 0) {
      if (writer_.column > 0) {
        writer_.protect_blank(at[-1]);
      }
      writer_.line_end();
      next_ += line_end;
      return;
    }
    const bool last = at + 1 == end || line_end_at(at + 1, end) > 0;
    if (quoted_escape(*at).needed || (writer_.column == 0 && begins_like_mbox(at, end))) {
      writer_.escape(*at, last);
    } else {
      if (writer_.column == QuotedWriter::columns && !last) {
        writer_.soft_line_break();
      }
      *writer_.to++ = *at;
      ++writer_.column;
    }
    ++next_;
  }

  void make_room(std::size_t octets) {
    const auto written = static_cast<std::size_t>(writer_.to - out_.data());
    if (out_.size() - written >= octets) {
      return;
    }
    out_.resize(written + octets + std::size_t{16} * 1024);
    writer_.to = out_.data() + written;
  }

  std::string_view text_;
  std::string& out_;
  Codec codec_;
  std::size_t next_ = 0;
  QuotedWriter writer_;
};

}  // namespace

void decode_quoted_printable(std::string& out, std::string_view body, std::vector<Defect>* defects, std::size_t offset,
                             Codec codec) {
  QuotedPrintableDecoder(out, body, defects, offset, codec).run();
}

void encode_quoted_printable(std::string& out, std::string_view text, Codec codec) {
  Encoder(out, text, codec).run();
}

}  // namespace posthouse::mime
