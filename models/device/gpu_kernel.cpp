// SPDX-License-Identifier: Apache-2.0
#include "models/device/gpu_kernel.h"

#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <mutex>

#include "models/device/gpu_probe.h"
#include "models/io/error.h"

namespace imp::models {
namespace {

constexpr unsigned kBlock = 256;

[[noreturn]] void fail(const std::string& what) {
  throw Error("a GPU kernel: " + what, ErrorKind::environment);
}

/// Functions of a library that is opened once and stays.
class Functions {
 public:
  explicit Functions(const char* library)
      : library_(library), handle_(::dlopen(library, RTLD_NOW | RTLD_LOCAL)) {
    if (handle_ == nullptr) fail(fmt::format("{} does not load ({})", library, ::dlerror()));
  }

  /// Calls a function that returns 0 for success.
  template <typename... Arguments>
  int call(const char* name, Arguments... arguments) const {
    auto* const function = reinterpret_cast<int (*)(Arguments...)>(::dlsym(handle_, name));
    if (function == nullptr) fail(fmt::format("{} has no {}", library_, name));
    return function(arguments...);
  }
  template <typename... Arguments>
  void must(const char* name, Arguments... arguments) const {
    if (const int code = call(name, arguments...); code != 0)
      fail(fmt::format("{} gives error {}", name, code));
  }

 private:
  const char* library_;
  void* handle_;
};

const Functions& compiler() {
  static const Functions functions("libnvrtc.so.13");
  return functions;
}

const Functions& driver() {
  static const Functions functions("libcuda.so.1");
  return functions;
}

/// A program of NVRTC's for its life.
class Program {
 public:
  explicit Program(const std::string& source) {
    compiler().must("nvrtcCreateProgram", &program_, source.c_str(), "imp_kernel.cu", 0,
                    static_cast<void*>(nullptr), static_cast<void*>(nullptr));
  }
  ~Program() { (void)compiler().call("nvrtcDestroyProgram", &program_); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] int compile(const std::vector<std::string>& options) const {
    std::vector<const char*> texts;
    for (const std::string& option : options) texts.push_back(option.c_str());
    return compiler().call("nvrtcCompileProgram", program_, static_cast<int>(texts.size()), texts.data());
  }
  /// `Log`, `CUBIN` ...: what nvrtcGet<what> gives.
  [[nodiscard]] std::string get(const std::string& what) const {
    std::size_t size = 0;
    compiler().must(("nvrtcGet" + what + "Size").c_str(), program_, &size);
    std::string text(size, '\0');
    compiler().must(("nvrtcGet" + what).c_str(), program_, text.data());
    return text;
  }

 private:
  void* program_ = nullptr;
};

}  // namespace

CompiledKernel compile_kernel(const std::string& source, const std::vector<std::string>& definitions,
                              const std::string& architecture) {
  std::vector<std::string> options{"--std=c++17", "--gpu-architecture=" + architecture, "--fmad=true",
                                   "--ptxas-options=-v"};
  for (const std::string& definition : definitions) options.push_back("-D" + definition);
  const Program program(source);
  const int failed = program.compile(options);
  CompiledKernel kernel{"", program.get("ProgramLog")};
  if (failed != 0) fail("NVRTC says " + kernel.log);
  kernel.cubin = program.get("CUBIN");
  return kernel;
}

struct GpuKernel::Compiled {
  std::once_flag once;
  void* module = nullptr;
  void* function = nullptr;
};

GpuKernel::GpuKernel(std::string source, std::string name, std::vector<std::string> definitions)
    : source_(std::move(source)),
      name_(std::move(name)),
      definitions_(std::move(definitions)),
      compiled_(std::make_unique<Compiled>()) {}
GpuKernel::~GpuKernel() = default;  // the module lives as long as the process's context
GpuKernel::GpuKernel(GpuKernel&&) noexcept = default;

void GpuKernel::launch(at::Device device, int64_t threads, std::vector<void*> arguments) const {
  if (threads == 0) return;
  std::call_once(compiled_->once, [&] {
    const GpuProbe probe = probe_gpu();
    if (!probe.gpu) fail(probe.missing);
    const CompiledKernel kernel =
        compile_kernel(source_, definitions_, fmt::format("sm_{}", probe.gpu->compute_capability));
    driver().must("cuModuleLoadData", &compiled_->module, static_cast<const void*>(kernel.cubin.data()));
    driver().must("cuModuleGetFunction", &compiled_->function, compiled_->module, name_.c_str());
  });
  const auto blocks = static_cast<unsigned>((threads + kBlock - 1) / kBlock);
  void* const stream = c10::impl::VirtualGuardImpl(device.type()).getStream(device).native_handle();
  driver().must("cuLaunchKernel", compiled_->function, blocks, 1U, 1U, kBlock, 1U, 1U, 0U, stream,
                arguments.data(), static_cast<void**>(nullptr));
}

}  // namespace imp::models
