#include "posthouse/sql/orm_gate.h"

#include <string>
#include <utility>
#include <variant>

namespace posthouse::sql {
namespace {

// A statement that only keeps the value bound last.
class ValueCapture final : public DriverStatement {
 public:
  int parameter_count() const override { return 1; }
  int column_count() const override { return 0; }
  std::string_view column_name(int) const override { return {}; }
  bool step() override { return false; }
  const Cell* row() override { return nullptr; }
  void reset() noexcept override {}
  void bind_null(int) override { value = std::monostate(); }
  void bind_integer(int, std::int64_t bound) override { value = bound; }
  void bind_real(int, double bound) override { value = bound; }
  void bind_text(int, std::string_view bound, bool) override { value = std::string(bound); }
  void bind_blob(int, std::string_view bound, bool) override { value = Blob{std::string(bound)}; }
  Value value{};
};

}  // namespace

Value OrmGate::captured(void (*bind)(Parameter, const void*), const void* value) {
  ValueCapture capture;
  bind(Parameter(capture, 0, false), value);
  return std::move(capture.value);
}

}  // namespace posthouse::sql
