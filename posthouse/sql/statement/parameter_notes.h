#pragma once
// Writes down what is bound on its way to the engine. Private to this module.
#include <cstdint>
#include <string>
#include <string_view>

#include "posthouse/sql/driver/driver.h"

namespace posthouse::sql::detail {

/// Stands before a statement while parameters are bound; nothing else is asked of it.
class ParameterNotes final : public DriverStatement {
 public:
  explicit ParameterNotes(DriverStatement& statement) : statement_(statement) {}
  /// "1, 'Ann', NULL", in the order of binding.
  const std::string& text() const noexcept { return text_; }

  int parameter_count() const override { return statement_.parameter_count(); }
  int column_count() const override { return 0; }
  std::string_view column_name(int) const override { return {}; }
  void bind_null(int parameter) override;
  void bind_integer(int parameter, std::int64_t value) override;
  bool bind_unsigned(int parameter, std::uint64_t value) override;
  void bind_real(int parameter, double value) override;
  void bind_text(int parameter, std::string_view value, bool copy) override;
  void bind_blob(int parameter, std::string_view value, bool copy) override;
  bool step() override { return false; }
  const Cell* row() override { return nullptr; }
  void reset() noexcept override {}
  std::string_view sql() const noexcept override { return statement_.sql(); }

 private:
  void note(std::string_view value);

  DriverStatement& statement_;
  std::string text_{};
};

}  // namespace posthouse::sql::detail
