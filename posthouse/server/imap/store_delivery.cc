#include "posthouse/server/imap/store_delivery.h"

#include <array>
#include <span>
#include <utility>

#include "posthouse/fiber/time.h"
#include "posthouse/server/imap/flag_names.h"
#include "posthouse/server/imap/store_mailbox.h"
#include "posthouse/server/summaries.h"

namespace posthouse::server {

StoreDelivery::StoreDelivery(ImapCommons& commons, const Reader& reader, const NamedMailbox& mailbox)
    : commons_(commons),
      reader_(reader),
      mailbox_(mailbox.mailbox.id),
      uidvalidity_(mailbox.mailbox.uidvalidity),
      allowed_(flags_allowed(mailbox.rights)) {}

void StoreDelivery::begin(const imap::NewMail& mail) {
  end_message();
  StorableFlags flags = storable(mail.flags);
  append_ = {.internal_date = std::chrono::time_point_cast<std::chrono::microseconds>(
                 mail.date ? std::chrono::system_clock::time_point(mail.date->utc) : fiber::wall_now()),
             .system = flags.system & allowed_};
  if ((allowed_ & store::flag::keywords) != 0) {
    append_->keywords = std::move(flags.keywords);
  }
  body_.emplace(commons_.store.new_body());
}

void StoreDelivery::write(std::string_view octets) {
  if (body_->size() + octets.size() > commons_.message_size) {
    throw imap::MailError("TOOBIG", "The message is larger than this server takes");
  }
  told(reader_, "append", [&] { body_->append(octets); });
}

void StoreDelivery::end_message() {
  if (body_) {
    told(reader_, "append", [&] { letters_.push_back({body_->finish(), *std::exchange(append_, std::nullopt)}); });
    letters_.back().append.summary = summary_of(letters_.back().body);
    body_.reset();
  }
}

/// One job, so that all of it is there or nothing.
template <class Also>
imap::Delivery::Done StoreDelivery::commit(Also&& also) {
  end_message();
  return told(reader_, "append", [&] {
    return commons_.store.write([&](store::Write& write) {
      Done done{.uid_validity = uidvalidity_};
      for (const Letter& letter : letters_) {
        done.uids.push_back(store::append(write, mailbox_, letter.body, letter.append).uid);
      }
      also(write);
      store::require_room(write, std::span(&mailbox_, 1));
      return done;
    });
  });
}

imap::Delivery::Done StoreDelivery::commit() {
  return commit([](store::Write&) {});
}

imap::Delivery::Done StoreDelivery::commit_replacing(imap::OpenMailbox& from, std::uint32_t uid) {
  const store::MailboxId mailbox = dynamic_cast<StoreMailbox&>(from).mailbox();
  return commit([&](store::Write& write) {
    const std::array uids = {store::Uid{uid}};
    if (store::expunge(write, mailbox, uids).uids.empty()) {
      throw imap::MailError("NONEXISTENT", "The message that is to be replaced is not there any more");
    }
  });
}

}  // namespace posthouse::server
