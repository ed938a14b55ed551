#pragma once
// Messages that a client appends. Private to this module.
#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "posthouse/imap/backend/mail_account.h"
#include "posthouse/server/imap/store_account.h"
#include "posthouse/store/store.h"

namespace posthouse::server {

class StoreDelivery final : public imap::Delivery {
 public:
  /// `commons` and `reader` must outlive it.
  StoreDelivery(ImapCommons& commons, const Reader& reader, const NamedMailbox& mailbox);

  void begin(const imap::NewMail& mail) override;
  void write(std::string_view octets) override;
  Done commit() override;
  Done commit_replacing(imap::OpenMailbox& from, std::uint32_t uid) override;

 private:
  struct Letter {
    store::StoredBody body{};
    store::NewAppend append{};
  };
  void end_message();
  template <class Also>
  Done commit(Also&& also);

  ImapCommons& commons_;
  const Reader& reader_;
  const store::MailboxId mailbox_;
  const std::uint32_t uidvalidity_;
  const store::Flags allowed_;             // of the flags that come with a message
  std::optional<store::BodyWriter> body_;  // of the message that is coming
  std::optional<store::NewAppend> append_;
  std::vector<Letter> letters_;  // that are complete
};

}  // namespace posthouse::server
