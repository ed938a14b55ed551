#pragma once
// A letter of another server: is it wanted? Private to this module.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/delivery/delivery.h"
#include "posthouse/judge/judge.h"
#include "posthouse/server/judging/judge_settings.h"
#include "posthouse/store/store.h"

namespace posthouse::server {

/// Letters over so many octets are not judged: nobody sends such to many, and reading them takes long.
inline constexpr std::uint64_t largest_judged = std::uint64_t{2} << 20;

/// Judges the letter in `body`. The words are compared with what `account` has taught, once that is enough, else with what
/// everybody has (0: at once). Nothing for a letter that is too large. Parks or blocks, some milliseconds. Throws what the
/// store throws.
std::optional<judge::Judgement> judge_letter(store::Store& store, const store::StoredBody& body,
                                             const judge::Circumstances& how, store::AccountId account,
                                             const JudgeSettings& settings);

/// Whose account the only mailbox is in; nothing where there are several. Reads the store.
std::optional<store::AccountId> only_account(store::Store& store, const delivery::Destinations& to);

/// The X-Spam-Status field of a judgement with its line end, folded.
std::string spam_status_field(const judge::Judgement& judgement);

/// The same for a line of the log: "verdict=junk score=6.5 required=5.0 signs=RICHES,WORDS_90".
std::string fields_of(const judge::Judgement& judgement);

/// What an account has taught about these words, or everybody, where the account has not taught enough. Parks or blocks.
judge::Likelihood likelihood_of_words(store::Store& store, store::AccountId account,
                                      const std::vector<std::int64_t>& words);

/// The words of a message as the store counts them.
std::vector<std::int64_t> stored_words(const mime::Message& message);

}  // namespace posthouse::server
