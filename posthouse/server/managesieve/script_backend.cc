#include "posthouse/server/managesieve/script_backend.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/base/error.h"
#include "posthouse/server/filters/own_scripts.h"
#include "posthouse/server/log/log.h"
#include "posthouse/server/log/reader.h"
#include "posthouse/store/scripts/scripts.h"

namespace posthouse::server {
namespace {

managesieve::Refusal refusal_of(store::ScriptResult result) {
  switch (result) {
    case store::ScriptResult::done:
      return managesieve::Refusal::none;
    case store::ScriptResult::invalid_name:
      return managesieve::Refusal::bad_name;
    case store::ScriptResult::no_such_script:
      return managesieve::Refusal::nonexistent;
    case store::ScriptResult::exists:
      return managesieve::Refusal::already_exists;
    case store::ScriptResult::active:
      return managesieve::Refusal::active;
    case store::ScriptResult::too_large:
      return managesieve::Refusal::max_size;
    case store::ScriptResult::too_many:
      return managesieve::Refusal::max_scripts;
  }
  return managesieve::Refusal::unavailable;
}

/// The scripts of one account in the store.
class StoredScripts final : public managesieve::Scripts {
  // Here, because their results are deduced.
  template <class F>
  auto told(const char* what, F&& f) {
    try {
      return f();
    } catch (const posthouse::Error& error) {
      log_trouble("script trouble", reader_, what, error);
      throw;
    }
  }
  template <class F>
  auto read(const char* what, F&& f) {
    return told(what, [&] { return store_.read(f); });
  }
  template <class F>
  managesieve::Answer change(const char* what, const std::string& name, F&& f) {
    const store::ScriptResult result = told(what, [&] { return store_.write(f); });
    log().info("script {} peer={} user={} name={} result={}", what, reader_.peer, shown(reader_.user), shown(name),
               store::to_string(result));
    return refusal_of(result);
  }

 public:
  StoredScripts(store::Store& store, Reader reader, store::AccountId account, const FilterSettings& settings)
      : store_(store),
        reader_(std::move(reader)),
        account_(account),
        settings_(settings),
        own_(
            [this](std::string_view name) {
              return store_.read([&](store::Read& read) { return store::get_script(read, account_, name); });
            },
            OwnScripts::Missing::empty) {}

  std::vector<managesieve::ScriptEntry> list() override {
    std::vector<managesieve::ScriptEntry> entries;
    for (store::ScriptEntry& entry :
         read("list", [&](store::Read& read) { return store::list_scripts(read, account_); })) {
      entries.push_back({std::move(entry.name), entry.active});
    }
    return entries;
  }

  std::optional<std::string> get(const std::string& name) override {
    return read("read", [&](store::Read& read) { return store::get_script(read, account_, name); });
  }

  managesieve::Answer have_space(const std::string& name, std::uint64_t octets) override {
    return refusal_of(read("size", [&](store::Read& read) {
      return store::have_script_space(read, account_, name, octets, settings_.scripts);
    }));
  }

  managesieve::Answer put(const std::string& name, const std::string& script) override {
    return change("put", name, [&](store::Write& write) {
      return store::put_script(write, account_, name, script, settings_.scripts);
    });
  }

  managesieve::Answer activate(const std::string& name) override {
    return change("activate", name, [&](store::Write& write) { return store::activate_script(write, account_, name); });
  }

  managesieve::Answer remove(const std::string& name) override {
    return change("remove", name, [&](store::Write& write) { return store::remove_script(write, account_, name); });
  }

  managesieve::Answer rename(const std::string& from, const std::string& to) override {
    return change("rename", from, [&](store::Write& write) { return store::rename_script(write, account_, from, to); });
  }

  sieve::Options options() override {
    sieve::Options options;
    options.limits.script_octets = settings_.scripts.octets;
    options.limits.redirects = settings_.redirects;
    options.scripts = &own_;
    return options;
  }

 private:
  store::Store& store_;
  const Reader reader_;
  store::AccountId account_;
  const FilterSettings settings_;
  const OwnScripts own_;
};

}  // namespace

managesieve::OpenResult ScriptBackend::open(const managesieve::Session& session) {
  const Reader reader{.peer = session.peer.to_string(), .user = session.user};
  return {std::make_unique<StoredScripts>(store_, reader, session.user_id, settings_), {}};
}

}  // namespace posthouse::server
