#pragma once
// A callable that need not be copyable: what fibers are started with.
#include <memory>
#include <type_traits>
#include <utility>

namespace posthouse::fiber {

/// Owns any callable without arguments and result. Move-only, so that a Stream can move into it:
///
///     scope.spawn([stream = std::move(stream)]() mutable { talk(stream); });
class UniqueFunction {
 public:
  UniqueFunction() = default;
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, UniqueFunction> && std::is_invocable_v<std::decay_t<F>&>)
  UniqueFunction(F&& f)  // NOLINT: any callable is one
      : target_(std::make_unique<Model<std::decay_t<F>>>(std::forward<F>(f))) {}

  explicit operator bool() const noexcept { return target_ != nullptr; }
  void operator()() { target_->call(); }

 private:
  struct Concept {
    virtual ~Concept() = default;
    virtual void call() = 0;
  };
  template <class F>
  struct Model final : Concept {
    template <class G>
    explicit Model(G&& g) : f(std::forward<G>(g)) {}
    void call() override { static_cast<void>(f()); }
    F f;
  };
  std::unique_ptr<Concept> target_;
};

}  // namespace posthouse::fiber
