#include "posthouse/sql/values/value.h"

#include <array>
#include <charconv>
#include <system_error>

#include <fmt/format.h>

#include "posthouse/base/hex.h"

namespace posthouse::sql {
namespace {

std::string describe(const Cell& cell) {
  switch (cell.kind) {
    case CellKind::null:
      return "NULL";
    case CellKind::integer:
      return "the integer " + std::to_string(cell.integer);
    case CellKind::real:
      return "the real number " + std::to_string(cell.real);
    case CellKind::decimal:
      return "the decimal number " + std::string(cell.bytes);
    case CellKind::text:
      return "text of " + std::to_string(cell.bytes.size()) + " octets";
    case CellKind::blob:
      break;
  }
  return "a blob of " + std::to_string(cell.bytes.size()) + " octets";
}

}  // namespace

void Parameter::refuse(std::string_view why) const {
  throw Error(Errc::type, fmt::format("parameter {} {}", index_ + 1, why), statement_.sql());
}

std::string_view to_string(CellKind kind) noexcept {
  switch (kind) {
    case CellKind::null:
      break;
    case CellKind::integer:
      return "integer";
    case CellKind::real:
      return "real";
    case CellKind::decimal:
      return "decimal";
    case CellKind::text:
      return "text";
    case CellKind::blob:
      return "blob";
  }
  return "NULL";
}

std::int64_t Column::whole_decimal() const {
  std::int64_t value = 0;
  const char* const end = cell_.bytes.data() + cell_.bytes.size();
  const auto [stop, error] = std::from_chars(cell_.bytes.data(), end, value);
  if (error != std::errc() || stop != end) {
    refuse("an integer");
  }
  return value;
}

std::uint64_t Column::whole_unsigned_decimal() const {
  std::uint64_t value = 0;
  const char* const end = cell_.bytes.data() + cell_.bytes.size();
  const auto [stop, error] = std::from_chars(cell_.bytes.data(), end, value);
  if (error != std::errc() || stop != end) {
    refuse("an integer that fits the type asked for");
  }
  return value;
}

double Column::decimal_as_real() const {
  double value = 0;
  std::from_chars(cell_.bytes.data(), cell_.bytes.data() + cell_.bytes.size(), value);
  return value;
}

void Column::refuse(std::string_view wanted) const {
  throw Error(Errc::type,
              fmt::format("column {} (number {}){} is {}, not {}",
                          place_.statement != nullptr ? place_.statement->column_name(index_) : place_.name, index_ + 1,
                          place_.row == 0 ? "" : fmt::format(" of row {}", place_.row), describe(cell_), wanted),
              place_.sql);
}

Value Column::value() const {
  switch (cell_.kind) {
    case CellKind::null:
      break;
    case CellKind::integer:
      return cell_.integer;
    case CellKind::real:
      return cell_.real;
    case CellKind::decimal:
    case CellKind::text:
      return std::string(cell_.bytes);
    case CellKind::blob:
      return Blob{std::string(cell_.bytes)};
  }
  return std::monostate();
}

Cell cell_of(const Value& value) {
  Cell cell;
  cell.kind =
      std::array{CellKind::null, CellKind::integer, CellKind::real, CellKind::text, CellKind::blob}[value.index()];
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    cell.integer = *integer;
  }
  if (const auto* real = std::get_if<double>(&value)) {
    cell.real = *real;
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    cell.bytes = *text;
  }
  if (const auto* blob = std::get_if<Blob>(&value)) {
    cell.bytes = blob->bytes;
  }
  return cell;
}

std::string to_string(const Value& value) {
  switch (value.index()) {
    case 0:
      return "NULL";
    case 1:
      return std::to_string(std::get<std::int64_t>(value));
    case 2:
      return std::to_string(std::get<double>(value));
    case 3:
      return std::get<std::string>(value);
    default:
      return "x'" + hex_encode(std::get<Blob>(value).bytes) + "'";
  }
}

}  // namespace posthouse::sql
