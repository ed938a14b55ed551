#include "posthouse/sql/statement/parameter_notes.h"

#include <cstddef>

#include "posthouse/base/text.h"

namespace posthouse::sql::detail {
namespace {

constexpr std::size_t longest_value = 80;   // octets of a text that are shown
constexpr std::size_t longest_text = 4096;  // and of all values together

}  // namespace

void ParameterNotes::note(std::string_view value) {
  if (text_.size() > longest_text) {
    return;
  }
  if (!text_.empty()) {
    text_ += ", ";
  }
  text_ += text_.size() > longest_text ? std::string_view("…") : value;
}

void ParameterNotes::bind_null(int parameter) {
  note("NULL");
  statement_.bind_null(parameter);
}

void ParameterNotes::bind_integer(int parameter, std::int64_t value) {
  note(std::to_string(value));
  statement_.bind_integer(parameter, value);
}

bool ParameterNotes::bind_unsigned(int parameter, std::uint64_t value) {
  note(std::to_string(value));
  return statement_.bind_unsigned(parameter, value);
}

void ParameterNotes::bind_real(int parameter, double value) {
  note(std::to_string(value));
  statement_.bind_real(parameter, value);
}

void ParameterNotes::bind_text(int parameter, std::string_view value, bool copy) {
  note("'" + printable(value, longest_value) + "'");
  statement_.bind_text(parameter, value, copy);
}

void ParameterNotes::bind_blob(int parameter, std::string_view value, bool copy) {
  note("a blob of " + std::to_string(value.size()) + " octets");
  statement_.bind_blob(parameter, value, copy);
}

}  // namespace posthouse::sql::detail
