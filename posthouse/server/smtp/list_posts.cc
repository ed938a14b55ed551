#include "posthouse/server/smtp/list_posts.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/fiber/run.h"
#include "posthouse/mail/address.h"
#include "posthouse/mime/reports/delivery_report.h"
#include "posthouse/server/authentication/screening.h"
#include "posthouse/server/log/log.h"

namespace posthouse::server {
namespace {

/// A body of its own: a message has its file for itself.
store::StoredBody copy_of_body(store::Store& store, const store::StoredBody& body) {
  if (body.in_memory()) {
    return body;
  }
  return fiber::blocking([&] {
    std::ifstream in(store.file_of(body), std::ios::binary);
    store::BodyWriter copy = store.new_body();
    std::array<char, std::size_t{64} << 10> chunk{};
    while (in.read(chunk.data(), chunk.size()) || in.gcount() > 0) {
      copy.append(std::string_view(chunk.data(), static_cast<std::size_t>(in.gcount())));
    }
    if (copy.size() != body.size()) {
      throw store::Error(store::Errc::body_file, "the file of a letter for a list cannot be read");
    }
    return copy.finish();
  });
}

/// Why mail for a member is not delivered; null where it is.
const char* trouble_of(Directory& directory, const store::Resolution& leads_to, std::uint64_t octets) {
  using Status = store::Resolution::Status;
  switch (leads_to.status) {
    case Status::ok:
      return directory.has_room(leads_to, octets) ? nullptr : "5.2.2 The mailbox is full";
    case Status::disabled:
      return "5.2.1 The mailbox takes no mail";
    case Status::loop:
      return "5.4.6 The alias goes round in a circle";
    case Status::no_such_user:
    case Status::no_such_domain:
      break;
  }
  return "5.1.1 There is no such address";
}

}  // namespace

std::string list_owner_address(const std::string& list) {
  return "owner-" + list;
}

std::string list_fields(const store::MailList& list) {
  const auto address = mail::Address::parse(list.address);
  const auto ascii = address ? address->ascii() : std::nullopt;
  if (!ascii || ascii->find_first_of("\"<>%?& ") != std::string::npos) {  // RFC 6068 would have more to say
    return {};
  }
  const std::size_t at = ascii->rfind('@');
  std::string fields = "List-Id: <" + ascii->substr(0, at) + "." + ascii->substr(at + 1) + ">\r\n";
  fields += list.posters == store::ListPosters::owner ? "List-Post: NO\r\n" : "List-Post: <mailto:" + *ascii + ">\r\n";
  return fields + "List-Owner: <mailto:" + list_owner_address(*ascii) + ">\r\n";
}

void ListPosts::add(const std::string& list, const delivery::Letter& letter, const std::string& prefix) {
  const auto found = house_.store->read([&](store::Read& read) { return store::find_list(read, list); });
  if (!found) {
    throw store::Error(store::Errc::no_such_mailbox, "the list has just been removed: " + list);
  }
  auto owned = std::make_unique<Post>();
  Post& post = *owned;
  post.letter = letter;
  post.letter.envid.clear();  // what the sender asked to be told ends here (RFC 3461 section 5.2.7)
  post.letter.ret.reset();
  post.how = std::make_unique<FilteredLetter>(how_);
  post.letter.body = copy_of_body(*house_.store, letter.body);
  if (letter.reverse_path.empty()) {  // a report on something: not for the members
    post.letter.prefix = prefix;
    const store::Resolution owner = house_.directory->resolve(found->owner);
    if (owner.status == store::Resolution::Status::no_such_domain) {
      post.to.add_remote(found->owner, list);
    } else if (owner.lists.empty()) {
      post.to.add_local(owner, found->owner);
    }
  } else {
    post.letter.prefix = list_fields(*found) + prefix;
    post.letter.reverse_path = list_owner_address(list);
    const store::AddressRules rules = house_.store->accounts().address_rules();
    add_members(post, *found,
                house_.store->read([&](store::Read& read) { return store::members_of(read, list, rules); }));
  }
  post.letter.smtputf8 = post.letter.smtputf8 || !is_ascii(post.letter.reverse_path) ||
                         std::ranges::any_of(post.to.remote(), [](const auto& to) { return !is_ascii(to.address); });
  filter(post);
  posts_.push_back(std::move(owned));
}

void ListPosts::add_members(Post& post, const store::MailList& list, std::vector<store::ListMember> members) {
  std::vector<store::ListMember> missed;
  std::vector<const char*> troubles;
  for (store::ListMember& member : members) {
    if (const char* trouble = trouble_of(*house_.directory, member.leads_to, post.letter.body.size())) {
      missed.push_back(std::move(member));
      troubles.push_back(trouble);
    } else {
      post.to.add_local(member.leads_to, member.address);
    }
  }
  if (!missed.empty()) {
    tell_owner(list, missed, troubles, post.letter);
  }
}

void ListPosts::filter(Post& post) {
  post.how->reverse_path = post.letter.reverse_path;
  post.how->front = "Return-Path: <" + post.letter.reverse_path + ">\r\n" + post.letter.prefix;
  post.how->single = false;
  if (post.to.has_filtered() && rules_.filters.enabled && rules_.shelf != nullptr) {
    post.filtering = std::make_unique<Filtering>(house_, rules_.filters, *rules_.shelf, *post.how, post.letter.body);
    post.filtering->decide(post.to);
  }
  if (post.how->junk) {
    post.to = into_junk(*house_.store, post.to);
  }
}

/// A report on those that get nothing.
void ListPosts::tell_owner(const store::MailList& list, const std::vector<store::ListMember>& members,
                           const std::vector<const char*>& troubles, const delivery::Letter& letter) {
  constexpr std::size_t status_length = 5;
  mime::DeliveryReport report{.reporting_mta = house_.hostname, .recipient = list.owner, .arrival = how_.now};
  for (std::size_t i = 0; i < members.size(); ++i) {
    const std::string_view trouble = troubles[i];
    report.recipients.push_back({.final_recipient = members[i].address,
                                 .original_recipient = list.address,
                                 .status = std::string(trouble.substr(0, status_length)),
                                 .explanation = std::string(trouble.substr(status_length + 1))});
  }
  log_bounded(spdlog::level::warn, "members missed", "id={} list={} members={} first={} cause=\"{}\"", how_.id,
              shown(list.address), members.size(), shown(members.front().address), troubles.front());
  if (letter.body.in_memory()) {
    const std::string& text = letter.body.bytes();
    report.original_message = text.substr(0, text.find("\r\n\r\n"));
  }
  try {
    if (auto made = wrap_house_letter(*house_.store, list.owner, house_.directory->resolve(list.owner),
                                      mime::build_delivery_report(report))) {
      reports_.push_back(*std::move(made));
    }
  } catch (const posthouse::Error& error) {
    if (error.retryable() || fiber::is_canceled(error)) {
      throw;
    }
    log_bounded(spdlog::level::warn, "owner not told", "id={} list={} error={}", how_.id, shown(list.address),
                shown(error.what()));
  }
}

void ListPosts::apply(store::Write& write) {
  mailboxes_ = 0;
  for (const auto& each : posts_) {
    Post& post = *each;
    const bool keeps = !post.to.empty() || (post.filtering != nullptr && post.filtering->keeps_original());
    const store::MessageId stored = keeps ? delivery::deliver(write, post.letter, post.to, how_.now) : 0;
    mailboxes_ += post.to.mailboxes().size();
    if (post.filtering != nullptr) {
      post.filtering->apply(write, post.letter, stored);
      mailboxes_ += post.filtering->mailboxes();
    }
  }
  for (const HouseLetter& report : reports_) {
    delivery::deliver(write, report.letter, report.to, how_.now);
  }
}

std::size_t ListPosts::queued() const noexcept {
  std::size_t all = 0;
  for (const auto& post : posts_) {
    all += post->to.remote().size();
  }
  return all;
}

}  // namespace posthouse::server
