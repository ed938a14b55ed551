#pragma once
// Mail in files: an mbox, a Maildir with its folders, one message.
#include <filesystem>
#include <memory>
#include <string>

#include "apps/posthouse/transfer/mail_place.h"

namespace posthouse::app {

enum class LocalForm : std::uint8_t { mbox, maildir };

/// What lies at `path`, to be read: a Maildir, an mbox, or a file with one message; an mbox and a message are the mailbox
/// INBOX. Throws Error where it is none of these.
std::unique_ptr<MailPlace> local_source(const std::filesystem::path& path);

/// A place at `path` to copy to, made where it is not there; with `dry_run` nothing is made, and nothing may be added. In an
/// mbox there is one mailbox, whatever it is called.
std::unique_ptr<MailPlace> local_target(const std::filesystem::path& path, LocalForm form, bool dry_run);

}  // namespace posthouse::app
