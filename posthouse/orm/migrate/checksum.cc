#include "posthouse/orm/migrate/checksum.h"

#include <array>
#include <memory>

#include <fmt/format.h>
#include <openssl/evp.h>

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
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    throw sql::Error(sql::Errc::memory, "cannot make a checksum");
  }
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += "0123456789abcdef"[digest[i] >> 4U];
    hex += "0123456789abcdef"[digest[i] & 15U];
  }
  return hex;
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
