#pragma once
#include <filesystem>
#include <utility>

#include "posthouse/sieve/compile/options.h"

namespace posthouse::sieve {

/// Scripts in two folders: "lists" and "lists.sieve" are the file lists.sieve. Files over 1 MiB are taken for missing.
class FolderScripts final : public ScriptSource {
 public:
  /// A folder may be empty: it has none.
  FolderScripts(std::filesystem::path personal, std::filesystem::path global)
      : personal_(std::move(personal)), global_(std::move(global)) {}

  std::optional<std::string> read(Location location, std::string_view name) const override;
  std::string canonical(std::string_view name) const override;

 private:
  std::filesystem::path personal_;
  std::filesystem::path global_;
};

}  // namespace posthouse::sieve
