#include "posthouse/mailauth/dkim/signature_writer.h"

#include "posthouse/base/base64.h"

namespace posthouse::mailauth {
namespace {

constexpr std::size_t octets_of_line = 76;
constexpr std::size_t line_digits = 72;  // of base64
constexpr std::string_view fold = "\r\n\t";

}  // namespace

SignatureWriter::SignatureWriter(std::string_view field_name) : before_(field_name) {
  before_ += ":";
  column_ = before_.size();
}

void SignatureWriter::begin_tag(std::size_t size) {
  if (!first_) {
    *out_ += ';';
    ++column_;
  }
  if (fold_ || column_ + 1 + size + 1 > octets_of_line) {
    *out_ += fold;
    column_ = 1;
  } else {
    *out_ += ' ';
    ++column_;
  }
  first_ = false;
  fold_ = false;
}

void SignatureWriter::add(std::string_view name, std::string_view value) {
  const std::size_t size = name.size() + 1 + value.size();
  begin_tag(size);
  *out_ += name;
  *out_ += '=';
  *out_ += value;
  column_ += size;
}

void SignatureWriter::add_list(std::string_view name, const std::vector<std::string>& pieces) {
  begin_tag(name.size() + 1 + (pieces.empty() ? 0 : pieces.front().size()));
  *out_ += name;
  *out_ += '=';
  column_ += name.size() + 1;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const bool last = i + 1 == pieces.size();
    if (i != 0 && column_ + pieces[i].size() + 1 > octets_of_line) {
      *out_ += "\r\n\t ";
      column_ = 2;
    }
    *out_ += pieces[i];
    *out_ += last ? "" : ":";
    column_ += pieces[i].size() + (last ? 0 : 1);
  }
}

void SignatureWriter::add_signature() {
  fold_ = true;
  begin_tag(0);
  *out_ += "b=";
  out_ = &behind_;
  fold_ = true;
}

std::string SignatureWriter::unsigned_field() const {
  return before_ + behind_ + "\r\n";
}

std::string SignatureWriter::field(std::string_view signature) const {
  const std::string digits = base64_encode(signature);
  std::string out = before_;
  for (std::string_view left = digits; !left.empty();) {
    const std::string_view line = left.substr(0, line_digits);
    out += line;
    left.remove_prefix(line.size());
    out += left.empty() ? std::string_view() : fold;
  }
  out += behind_;
  out += "\r\n";
  return out;
}

}  // namespace posthouse::mailauth
