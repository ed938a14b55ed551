#include "posthouse/server/watch/quota_watch.h"

#include <span>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "posthouse/base/units.h"
#include "posthouse/fiber/fiber.h"
#include "posthouse/fiber/time.h"
#include "posthouse/server/addresses/house_letter.h"
#include "posthouse/server/log/log.h"
#include "posthouse/store/accounts/quota_warning.h"

namespace posthouse::server {
namespace {

store::AccountId account_with_other_mail(const store::Change& change) {
  if (const auto* added = std::get_if<store::MessageAdded>(&change)) {
    return added->account;
  }
  const auto* gone = std::get_if<store::MessagesExpunged>(&change);
  return gone != nullptr ? gone->account : 0;
}

HouseText text_of_quota(const std::string& address, const store::Quota& quota) {
  std::string held;
  std::string held_zh;
  if (quota.octet_limit != 0) {
    held += fmt::format("  {} of {}\n", show_size(quota.octets), show_size(quota.octet_limit));
    held_zh += fmt::format("  已用 {}，上限 {}\n", show_size(quota.octets), show_size(quota.octet_limit));
  }
  if (quota.message_limit != 0) {
    held += fmt::format("  {} of {} messages\n", quota.messages, quota.message_limit);
    held_zh += fmt::format("  {} 封邮件，上限 {} 封\n", quota.messages, quota.message_limit);
  }
  return {.subject = "Your mailbox is almost full",
          .subject_zh = "您的邮箱即将用满",
          .text = fmt::format(
              "The mailboxes of {} hold\n\n{}\nOnce they are full, no more mail comes in. Delete what you do not "
              "need any more, and empty the trash.\n",
              address, held),
          .text_zh =
              fmt::format("{} 的邮箱目前的用量：\n\n{}\n用满之后将无法再收到邮件。请删除不再需要的邮件，并清空废件箱。",
                          address, held_zh)};
}

}  // namespace

QuotaWatch::QuotaWatch(store::Store& store, std::string hostname)
    : store_(store),
      hostname_(std::move(hostname)),
      subscription_(store.listen([this](std::span<const store::Change> changes) {
        const std::lock_guard lock(mutex_);
        for (const store::Change& change : changes) {
          if (const store::AccountId account = account_with_other_mail(change);
              account != 0 && changed_.size() < most) {
            changed_.insert(account);
          }
        }
      })) {}

void QuotaWatch::look() {
  std::set<store::AccountId> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(changed_);
  }
  if (taken.empty()) {
    return;
  }
  try {
    const std::vector<store::AccountId> accounts(taken.begin(), taken.end());
    for (const store::AccountId account :
         store_.read([&](store::Read& read) { return store::unsettled_quota_warnings(read, accounts); })) {
      tell(account);
    }
  } catch (const posthouse::Error& error) {
    if (fiber::is_canceled(error)) {
      throw;
    }
    log_bounded(spdlog::level::warn, "quotas not looked at", "error={}", shown(error.what()));
  }
}

void QuotaWatch::tell(store::AccountId account) {
  const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(fiber::wall_now());
  const store::AccountId accounts[] = {account};
  const auto [addresses, quota] = store_.read([&](store::Read& read) {
    return std::pair(store::addresses_of(read, accounts), store::quota_of(read, account));
  });
  if (addresses.empty()) {
    return;
  }
  const std::string& address = addresses.begin()->second;
  const auto letter =
      write_house_letter(store_, hostname_, address, store_.accounts().resolve(address), text_of_quota(address, quota));
  const bool told = store_.write([&](store::Write& write) {
    const bool due = store::settle_quota_warning(write, account, now);
    if (due && letter) {
      delivery::deliver(write, letter->letter, letter->to, now);
    }
    return due;
  });
  if (told) {
    log().info("almost full account={} octets={} messages={}", shown(address), quota.octets, quota.messages);
  }
}

void QuotaWatch::run() {
  for (;;) {
    fiber::sleep_for(every);
    look();
  }
}

}  // namespace posthouse::server
