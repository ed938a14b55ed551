#include "posthouse/dialogue/server_exchange.h"

#include <exception>
#include <utility>

#include "posthouse/base/base64.h"
#include "posthouse/fiber/scope.h"

namespace posthouse::dialogue {
namespace {

/// Runs `f`, which asks a verifier, undisturbed by cancellation. False when it throws; `trouble` is why.
template <class F>
bool ask(F&& f, std::string& trouble) {
  const fiber::Shield shield;
  try {
    f();
    return true;
  } catch (const std::exception& error) {
    trouble = error.what();
  } catch (...) {
    trouble = "an exception of an unknown type";
  }
  return false;
}

}  // namespace

Outcome ServerExchange::begin(std::optional<std::string_view> initial_response) {
  if (!initial_response) {
    return take(std::nullopt);
  }
  return *initial_response == "=" ? take("") : step(*initial_response);
}

Outcome ServerExchange::step(std::string_view response) {
  if (!mechanism_) {
    return Outcome::malformed;
  }
  if (response == "*") {
    return finish(Outcome::cancelled);
  }
  if (response.size() > max_response) {
    return finish(Outcome::malformed);
  }
  const auto octets = base64_decode(response);
  return octets ? take(*octets) : finish(Outcome::malformed);
}

Outcome ServerExchange::take(std::optional<std::string_view> octets) {
  if (!mechanism_) {
    return Outcome::malformed;
  }
  auto progress = sasl::Progress::malformed;
  if (!ask([&] { progress = mechanism_->step(octets); }, trouble_)) {
    verdict_ = sasl::Denial::unavailable;
    return finish(Outcome::done);
  }
  switch (progress) {
    case sasl::Progress::challenge:
      challenge_ = base64_encode(mechanism_->challenge());
      return Outcome::challenge;
    case sasl::Progress::done:
      verdict_ = mechanism_->verdict();
      return finish(Outcome::done);
    case sasl::Progress::malformed:
      break;
  }
  return finish(Outcome::malformed);
}

Outcome ServerExchange::finish(Outcome outcome) noexcept {
  mechanism_.reset();
  challenge_.clear();
  return outcome;
}

sasl::Verdict verify(sasl::Verifier& verifier, const sasl::Attempt& attempt, std::string& trouble) {
  sasl::Verdict verdict = sasl::Denial::unavailable;
  if (!ask([&] { verdict = verifier.verify(attempt); }, trouble)) {
    return sasl::Denial::unavailable;
  }
  return verdict;
}

}  // namespace posthouse::dialogue
