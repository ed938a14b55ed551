#include "posthouse/store/database/fault_vfs.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <sqlite3.h>

namespace posthouse::store {
namespace {

struct File {
  sqlite3_file base;
  const std::string* name;  // null: neither database nor log
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* as_file(sqlite3_file* file) {
  return reinterpret_cast<File*>(file);
}
sqlite3_file* real(sqlite3_file* file) {
  return as_file(file)->real();
}
sqlite3_vfs* real_vfs() {
  return sqlite3_vfs_find(nullptr);
}
FaultVfs& faults() {
  return FaultVfs::instance();
}

int result_of(FaultPlan::Kind kind, int io_error) {
  return kind == FaultPlan::Kind::full ? SQLITE_FULL : io_error;
}

int file_close(sqlite3_file* file) {
  const int result = real(file)->pMethods->xClose(real(file));
  delete as_file(file)->name;
  return result;
}

int file_read(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
  return real(file)->pMethods->xRead(real(file), to, size, offset);
}

int file_write(sqlite3_file* file, const void* octets, int size, sqlite3_int64 offset) {
  const std::string* const name = as_file(file)->name;
  int written = size;
  FaultPlan::Kind fault = FaultPlan::Kind::none;
  if (name != nullptr) {
    fault = faults().next();
    if (fault == FaultPlan::Kind::torn_write) {
      written = size / 2;
    }
    if (fault == FaultPlan::Kind::io_error || fault == FaultPlan::Kind::full) {
      written = 0;
    }
    if (written > 0) {
      faults().wrote(*name,
                     {offset, std::string(static_cast<const char*>(octets), static_cast<std::size_t>(written)), false});
    }
  }
  if (written > 0) {
    const int result = real(file)->pMethods->xWrite(real(file), octets, written, offset);
    if (result != SQLITE_OK) {
      return result;
    }
  }
  return fault == FaultPlan::Kind::none ? SQLITE_OK : result_of(fault, SQLITE_IOERR_WRITE);
}

int file_truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (const std::string* const name = as_file(file)->name; name != nullptr) {
    const auto fault = faults().next();
    if (fault != FaultPlan::Kind::none) {
      return SQLITE_IOERR_TRUNCATE;
    }
    faults().wrote(*name, {size, {}, true});
  }
  return real(file)->pMethods->xTruncate(real(file), size);
}

int file_sync(sqlite3_file* file, int flags) {
  if (const std::string* const name = as_file(file)->name; name != nullptr) {
    const auto fault = faults().next();
    if (fault != FaultPlan::Kind::none) {
      return SQLITE_IOERR_FSYNC;
    }
    faults().synced(*name);
  }
  return real(file)->pMethods->xSync(real(file), flags);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}
int file_lock(sqlite3_file* file, int level) {
  return real(file)->pMethods->xLock(real(file), level);
}
int file_unlock(sqlite3_file* file, int level) {
  return real(file)->pMethods->xUnlock(real(file), level);
}
int file_reserved(sqlite3_file* file, int* result) {
  return real(file)->pMethods->xCheckReservedLock(real(file), result);
}
int file_control(sqlite3_file* file, int operation, void* argument) {
  return real(file)->pMethods->xFileControl(real(file), operation, argument);
}
int file_sector(sqlite3_file* file) {
  return real(file)->pMethods->xSectorSize(real(file));
}
int file_device(sqlite3_file* file) {
  return real(file)->pMethods->xDeviceCharacteristics(real(file));
}
int file_map(sqlite3_file* file, int region, int size, int extend, void volatile** memory) {
  return real(file)->pMethods->xShmMap(real(file), region, size, extend, memory);
}
int file_shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
void file_barrier(sqlite3_file* file) {
  real(file)->pMethods->xShmBarrier(real(file));
}
int file_unmap(sqlite3_file* file, int remove) {
  return real(file)->pMethods->xShmUnmap(real(file), remove);
}

const sqlite3_io_methods methods = {2,           file_close, file_read,     file_write,    file_truncate, file_sync,
                                    file_size,   file_lock,  file_unlock,   file_reserved, file_control,  file_sector,
                                    file_device, file_map,   file_shm_lock, file_barrier,  file_unmap,    nullptr,
                                    nullptr};

std::string content_of(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

int vfs_open(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* flags_out) {
  File* const ours = as_file(file);
  std::memset(ours, 0, sizeof *ours);
  const int result = real_vfs()->xOpen(real_vfs(), path, ours->real(), flags, flags_out);
  if (result != SQLITE_OK) {
    return result;
  }
  ours->base.pMethods = &methods;
  if (path != nullptr && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) != 0) {
    ours->name = new std::string(std::filesystem::path(path).filename());
    faults().adopt(*ours->name, content_of(path));
  }
  return SQLITE_OK;
}

int vfs_delete(sqlite3_vfs*, const char* path, int sync) {
  faults().removed(std::filesystem::path(path).filename());
  return real_vfs()->xDelete(real_vfs(), path, sync);
}

}  // namespace

FaultVfs::FaultVfs() {
  static sqlite3_vfs vfs = *real_vfs();
  vfs.szOsFile += static_cast<int>(sizeof(File));
  vfs.zName = "faulty";
  vfs.pNext = nullptr;
  vfs.xOpen = vfs_open;
  vfs.xDelete = vfs_delete;
  sqlite3_vfs_register(&vfs, 0);
}

FaultVfs& FaultVfs::instance() {
  static FaultVfs only;
  return only;
}

void FaultVfs::start(const FaultPlan& plan) {
  const std::lock_guard lock(mutex_);
  plan_ = plan;
  operations_ = 0;
  failed_ = false;
}

void FaultVfs::heal() {
  const std::lock_guard lock(mutex_);
  plan_ = {};
}

std::uint64_t FaultVfs::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

bool FaultVfs::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

FaultPlan::Kind FaultVfs::next() {
  const std::lock_guard lock(mutex_);
  ++operations_;
  if (operations_ != plan_.at && !(plan_.from_then_on && operations_ > plan_.at)) {
    return FaultPlan::Kind::none;
  }
  if (plan_.kind != FaultPlan::Kind::none) {
    failed_ = true;
  }
  return plan_.kind;
}

void FaultVfs::wrote(const std::string& file, Write write) {
  const std::lock_guard lock(mutex_);
  images_[file].pending.push_back(std::move(write));
}

namespace {

void apply(std::string& content, const FaultVfs::Write& write) {
  const auto offset = static_cast<std::size_t>(write.offset);
  if (write.truncation) {
    content.resize(std::min(content.size(), offset));
    return;
  }
  if (content.size() < offset + write.octets.size()) {
    content.resize(offset + write.octets.size());
  }
  content.replace(offset, write.octets.size(), write.octets);
}

}  // namespace

void FaultVfs::synced(const std::string& file) {
  const std::lock_guard lock(mutex_);
  Image& image = images_[file];
  for (const Write& write : image.pending) {
    apply(image.synced, write);
  }
  image.pending.clear();
}

void FaultVfs::adopt(const std::string& file, std::string content) {
  const std::lock_guard lock(mutex_);
  if (images_.contains(file)) {
    return;  // another connection has it open
  }
  images_[file].synced = std::move(content);
}

void FaultVfs::removed(const std::string& file) {
  const std::lock_guard lock(mutex_);
  images_.erase(file);
}

void FaultVfs::power_cut(const std::string& folder, const std::function<bool()>& keep) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [file, image] : images_) {
    std::string content = image.synced;
    for (const Write& write : image.pending) {
      if (keep()) {
        apply(content, write);
      }
    }
    std::ofstream(folder + "/" + file, std::ios::binary) << content;
  }
}

}  // namespace posthouse::store
