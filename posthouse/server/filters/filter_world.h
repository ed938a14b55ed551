#pragma once
// What a script can learn of the house: mailboxes of its account, who was answered, what was seen. Private to this module.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/sieve/run/context.h"
#include "posthouse/store/store.h"

namespace posthouse::server {

/// What is remembered (store/scripts/memory.h) of an answer, and of a message that was seen.
std::string answer_mark(std::string_view handle, std::string_view address);
std::string seen_mark(std::string_view handle, std::string_view id);

/// One account as it is at each question. Blocks.
class FilterWorld final : public sieve::Mailboxes, public sieve::Answered, public sieve::Seen {
 public:
  FilterWorld(store::Store& store, store::AccountId account, store::Moment now)
      : store_(store), account_(account), now_(now) {}

  bool exists(std::string_view mailbox) const override;
  bool has_special_use(std::string_view mailbox, std::string_view use) const override;
  std::optional<std::string> annotation(std::string_view mailbox, std::string_view name) const override;
  bool before(std::string_view handle, std::string_view address, std::chrono::seconds period) const override;
  bool before(std::string_view handle, std::string_view id) const override;

 private:
  bool remembered(const std::string& mark) const;

  store::Store& store_;
  const store::AccountId account_;
  const store::Moment now_;
};

}  // namespace posthouse::server
