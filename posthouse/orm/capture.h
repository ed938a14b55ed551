#pragma once
// Statements that only look at what is bound to them. (Internal.)
#include <cstdint>
#include <string_view>

#include "posthouse/sql/driver.h"
#include "posthouse/sql/error.h"
#include "posthouse/sql/value.h"

namespace posthouse::orm::detail {

/// What every statement that is never run has in common.
class Unrunnable : public sql::DriverStatement {
 public:
  int parameter_count() const override { return 1; }
  int column_count() const override { return 0; }
  std::string_view column_name(int) const override { return {}; }
  bool step() override { return false; }
  const sql::Cell* row() override { return nullptr; }
  void reset() noexcept override {}
};

/// Keeps the value bound last.
class ValueCapture final : public Unrunnable {
 public:
  void bind_null(int) override { value = std::monostate(); }
  void bind_integer(int, std::int64_t bound) override { value = bound; }
  void bind_real(int, double bound) override { value = bound; }
  void bind_text(int, std::string_view bound, bool) override { value = std::string(bound); }
  void bind_blob(int, std::string_view bound, bool) override { value = sql::Blob{std::string(bound)}; }
  sql::Value value{};
};

/// A fingerprint of all values bound, in their order.
class RowHash final : public Unrunnable {
 public:
  void bind_null(int) override { mix(0x9e3779b97f4a7c15U); }
  void bind_integer(int, std::int64_t bound) override { mix(static_cast<std::uint64_t>(bound) ^ 0x51U); }
  void bind_real(int, double bound) override;
  void bind_text(int, std::string_view bound, bool) override { octets(bound, 0x53U); }
  void bind_blob(int, std::string_view bound, bool) override { octets(bound, 0x54U); }
  std::uint64_t value() const noexcept { return hash_; }

 private:
  void mix(std::uint64_t word) noexcept;
  void octets(std::string_view octets, std::uint64_t kind) noexcept;
  std::uint64_t hash_ = 0x243f6a8885a308d3U;
};

}  // namespace posthouse::orm::detail
