#pragma once
// What `receive` is asked for, whatever the protocol.
#include <cstdint>
#include <string>
#include <vector>

#include "apps/posthouse/mail_server_option.h"
#include "apps/posthouse/received.h"

namespace posthouse::app {

struct ReceiveOptions {
  MailServerOption server{};
  std::string protocol = "pop3";
  ShowOptions show{};
  bool newest = false, all = false, remove = false;
  std::uint64_t number = 0;
  std::uint64_t max_size = 0;

  // IMAP's.
  std::string mailbox = "INBOX";
  bool list = false;                  ///< the mailboxes
  std::vector<std::string> search{};  ///< words of search_words.h
  std::vector<std::string> flag{};    ///< flags that are set
  std::vector<std::string> unflag{};  ///< and that are taken away
  std::string move{};                 ///< the mailbox to move to
  bool summary = false;               ///< a line a message in place of the message
  bool watch = false;                 ///< wait for new messages
};

void receive_by_pop3(const ReceiveOptions& options);
void receive_by_imap(const ReceiveOptions& options);

}  // namespace posthouse::app
