#include "posthouse/orm/migrate/checksum.h"

#include <fmt/format.h>

#include "posthouse/base/digest.h"
#include "posthouse/base/hex.h"
#include "posthouse/base/text.h"
#include "posthouse/sql/lexical.h"

namespace posthouse::orm::detail {
namespace {

std::string_view first_word(std::string_view sql) {
  std::size_t at = 0;
  while (at < sql.size() && sql::skip_word(sql, at) == at) {
    const std::size_t inert = sql::skip_inert(sql, at);
    at = inert == at ? at + 1 : inert;
  }
  return sql.substr(at, sql::skip_word(sql, at) - at);
}

void refuse_transactions(std::string_view sql) {
  const std::string_view word = first_word(sql);
  for (const std::string_view each : {"BEGIN", "START", "COMMIT", "ROLLBACK", "END"}) {
    if (!iequals(word, each)) {
      continue;
    }
    throw sql::Error(sql::Errc::usage,
                     fmt::format("a migration is run in a transaction of its own and cannot have {} as a step", each));
  }
}

}  // namespace

std::string checksum(const std::vector<MigrationStep>& steps, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count && i < steps.size(); ++i) {
    for (const char c : steps[i].sql) {
      if (c != '\r') {
        text += c;
      }
    }
    text += ";\n";
  }
  return hex_encode(sha256(text));
}

std::vector<MigrationStep> single_steps(const std::vector<MigrationStep>& steps) {
  std::vector<MigrationStep> single;
  for (const MigrationStep& step : steps) {
    if (step.run) {
      single.push_back(step);
      continue;
    }
    for (std::string& statement : split_statements(step.sql)) {
      refuse_transactions(statement);
      single.emplace_back(std::move(statement));
    }
  }
  return single;
}

}  // namespace posthouse::orm::detail
