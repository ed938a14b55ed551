#include "posthouse/mailauth/arc/chain.h"

#include <algorithm>
#include <bitset>
#include <span>
#include <utility>

#include "posthouse/mailauth/wire/canonicalization.h"

namespace posthouse::mailauth {
namespace {

/// A chain that is being read. Whatever is wrong first is its fault.
class ChainReader {
 public:
  explicit ChainReader(const SignedMessage& message) noexcept : message_(message) {}

  ArcChain read() {
    if (!has_any()) {
      return {};
    }
    links_.resize(most_arc_sets + 1);
    read_results();
    read_signatures("arc-message-signature", SignatureKind::arc_message);
    read_signatures("arc-seal", SignatureKind::arc_seal);
    chain_.failed_before = chain_.highest != 0 && links_[chain_.highest].seal.chain == "fail";
    check_order();
    if (chain_.fault.empty()) {
      for (unsigned i = 1; i <= chain_.highest; ++i) {
        chain_.links.push_back(std::move(links_[i]));
      }
    }
    return std::move(chain_);
  }

 private:
  using Seen = std::bitset<most_arc_sets + 1>;

  bool has_any() const {
    return !message_.fields_called("arc-seal").empty() || !message_.fields_called("arc-message-signature").empty() ||
           !message_.fields_called("arc-authentication-results").empty();
  }

  void fault(std::string why) {
    if (chain_.fault.empty()) {
      chain_.fault = std::move(why);
    }
  }

  /// None where there are too many.
  std::span<const std::uint32_t> all_of(std::string_view name) {
    const std::span<const std::uint32_t> all = message_.fields_called(name);
    if (all.size() > most_arc_sets) {
      fault("more than " + std::to_string(most_arc_sets) + " sets");
      chain_.highest = most_arc_sets;
      return {};
    }
    return all;
  }

  /// The set that a field belongs to; nullptr when it has none.
  ArcLink* place(unsigned instance, Seen& seen, std::string_view name) {
    if (instance == 0 || instance > most_arc_sets) {
      fault("an " + std::string(name) + " without an instance from 1 to 50");
      return nullptr;
    }
    chain_.highest = std::max(chain_.highest, instance);
    if (seen[instance]) {
      fault("two fields " + std::string(name) + " of instance " + std::to_string(instance));
      return nullptr;
    }
    seen.set(instance);
    return &links_[instance];
  }

  void read_results() {
    constexpr std::string_view name = "arc-authentication-results";
    for (const std::uint32_t index : all_of(name)) {
      const std::string_view field = message_.fields()[index];
      mime::AuthenticationResults results = mime::parse_authentication_results(field.substr(field.find(':') + 1));
      if (ArcLink* const link = place(results.instance, results_seen_, name)) {
        link->results_index = index;
        link->results = std::move(results);
      }
    }
  }

  void read_signatures(std::string_view name, SignatureKind kind) {
    const bool seal = kind == SignatureKind::arc_seal;
    for (const std::uint32_t index : all_of(name)) {
      SignatureReading reading = read_signature(message_.fields()[index], kind);
      if (reading.fault != Verdict::none) {
        fault("a faulty " + std::string(name) + ": " + reading.reason);
      }
      ArcLink* const link = place(reading.signature.instance, seal ? seals_seen_ : messages_seen_, name);
      if (link != nullptr) {
        (seal ? link->seal_index : link->message_index) = index;
        (seal ? link->seal : link->message) = std::move(reading.signature);
      }
    }
  }

  void check_order() {
    for (unsigned i = 1; i <= chain_.highest; ++i) {
      if (!results_seen_[i] || !messages_seen_[i] || !seals_seen_[i]) {
        return fault("set " + std::to_string(i) + " is not whole");
      }
    }
    if (chain_.failed_before) {
      return fault("the house that sealed last found the chain broken");
    }
    for (unsigned i = 1; i <= chain_.highest; ++i) {
      if (links_[i].seal.chain != (i == 1 ? "none" : "pass")) {
        return fault("seal " + std::to_string(i) + " has cv=" + links_[i].seal.chain);
      }
    }
  }

  const SignedMessage& message_;
  std::vector<ArcLink> links_{};  // too many for a fiber's stack
  Seen results_seen_{};
  Seen messages_seen_{};
  Seen seals_seen_{};
  ArcChain chain_{};
};

}  // namespace

ArcChain read_arc_chain(const SignedMessage& message) {
  return ChainReader(message).read();
}

std::string SealedOctets::add(const ArcLink& link) {
  std::string out;
  append_canonical_field(out, message_.fields()[link.results_index], Canonicalization::relaxed);
  append_canonical_field(out, message_.fields()[link.message_index], Canonicalization::relaxed);
  octets_.update(out);
  out.clear();
  append_unsigned_field(out, message_.fields()[link.seal_index], link.seal);
  Sha256 digest(octets_);
  digest.update(out);
  out.clear();
  append_canonical_field(out, message_.fields()[link.seal_index], Canonicalization::relaxed);
  octets_.update(out);
  return digest.finish();
}

std::string SealedOctets::digest_of_new(std::string_view results, std::string_view message,
                                        std::string_view unsigned_seal) const {
  std::string out;
  append_canonical_field(out, results, Canonicalization::relaxed);
  append_canonical_field(out, message, Canonicalization::relaxed);
  append_canonical_field(out, unsigned_seal, Canonicalization::relaxed);
  out.resize(out.size() - 2);
  Sha256 digest(octets_);
  digest.update(out);
  return digest.finish();
}

}  // namespace posthouse::mailauth
