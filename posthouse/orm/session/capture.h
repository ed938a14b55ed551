#pragma once
// A statement that only looks at what is bound to it. (Private to this module.)
#include <cstdint>
#include <string>
#include <string_view>

#include "posthouse/sql/driver.h"
#include "posthouse/sql/value.h"

namespace posthouse::orm::detail {

/// Keeps the value bound last.
class ValueCapture final : public sql::DriverStatement {
 public:
  int parameter_count() const override { return 1; }
  int column_count() const override { return 0; }
  std::string_view column_name(int) const override { return {}; }
  bool step() override { return false; }
  sql::Cell cell(int) const override { return {}; }
  void reset() noexcept override {}
  void bind_null(int) override { value = std::monostate(); }
  void bind_integer(int, std::int64_t bound) override { value = bound; }
  void bind_real(int, double bound) override { value = bound; }
  void bind_text(int, std::string_view bound, bool) override { value = std::string(bound); }
  void bind_blob(int, std::string_view bound, bool) override { value = sql::Blob{std::string(bound)}; }
  sql::Value value{};
};

/// What `bind` binds for `field`.
sql::Value captured(void (*bind)(sql::Parameter, const void*), const void* field);

}  // namespace posthouse::orm::detail
