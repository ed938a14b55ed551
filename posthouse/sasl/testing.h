#pragma once
// A verifier for tests of whatever logs in.
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "posthouse/sasl/verifier.h"

namespace posthouse::sasl::testing {

/// Knows "ann" with the password "geheim", who may act as "boss"; "broken" makes it throw. With `scram`, ann has keys.
class OneAccount : public Verifier {
 public:
  explicit OneAccount(bool scram = false) : scram_(scram) {}

  Verdict verify(const Attempt& attempt) override {
    attempts.push_back(std::string(attempt.mechanism) + ' ' + std::string(attempt.authzid) + ' ' +
                       std::string(attempt.authcid));
    if (attempt.authcid == "broken") {
      throw std::runtime_error("the accounts are away");
    }
    if (!attempt.authzid.empty() && attempt.authzid != attempt.authcid && attempt.authzid != "boss") {
      return Denial::not_as_other;
    }
    const auto* password = std::get_if<Password>(&attempt.evidence);
    const bool right = password == nullptr || password->text == "geheim";
    return right && attempt.authcid == "ann" ? Verdict("ann@one.test", 7) : Denial::wrong;
  }
  bool has_keys(ScramHash) const noexcept override { return scram_; }
  std::optional<ScramKeys> keys(const Context&, std::string_view authcid, ScramHash hash) override {
    if (!scram_ || authcid != "ann") {
      return std::nullopt;
    }
    return make_scram_keys(hash, "geheim", "0123456789abcdef", 4096);
  }

  void proof_failed(const Context&, std::string_view mechanism, std::string_view authcid) override {
    failed.push_back(std::string(mechanism) + ' ' + std::string(authcid));
  }

  std::vector<std::string> attempts;  ///< "PLAIN boss ann"
  std::vector<std::string> failed;    ///< "SCRAM-SHA-1 ann"

 private:
  bool scram_;
};

}  // namespace posthouse::sasl::testing
