#include "posthouse/server/filters/script_shelf.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "posthouse/server/filters/own_scripts.h"

namespace posthouse::server {
namespace {

std::shared_ptr<const ActiveScript> compile_active(const store::ScriptFolder& folder) {
  const auto text = folder.active ? folder.scripts.find(*folder.active) : folder.scripts.end();
  if (text == folder.scripts.end()) {
    return nullptr;
  }
  const OwnScripts others(folder);
  sieve::Compiled compiled = sieve::compile(text->second, {.name = text->first, .scripts = &others});
  auto active = std::make_shared<ActiveScript>();
  active->version = folder.version;
  active->name = text->first;
  active->script = std::move(compiled.script);
  if (!active->script && !compiled.errors.empty()) {
    active->error = sieve::to_string(compiled.errors.front());
  }
  return active;
}

}  // namespace

std::shared_ptr<const ActiveScript> ScriptShelf::find(store::Store& store, store::AccountId account) {
  const auto versions =
      store.read([&](store::Read& read) { return store::script_versions(read, std::span(&account, 1)); });
  if (versions.empty()) {
    return nullptr;
  }
  {
    const std::lock_guard lock(mutex_);
    const auto place = places_.find(account);
    if (place != places_.end() && place->second.script->version == versions.begin()->second) {
      place->second.used = ++used_;
      return place->second.script;
    }
  }
  auto made = compile_active(store.read([&](store::Read& read) { return store::script_folder(read, account); }));
  if (made != nullptr) {
    put(account, made);
  }
  return made;
}

void ScriptShelf::put(store::AccountId account, std::shared_ptr<const ActiveScript> script) {
  const std::lock_guard lock(mutex_);
  if (!places_.contains(account) && places_.size() >= most_) {
    places_.erase(std::ranges::min_element(places_, {}, [](const auto& place) { return place.second.used; }));
  }
  places_[account] = {std::move(script), ++used_};
}

}  // namespace posthouse::server
