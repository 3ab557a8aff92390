// A global alias wins over an imported namespace, so the shipped sources that are linked into this assembly
// say plain `Interlocked.CompareExchange(...)` and get the instrumented twin without knowing it.
// Engine files that need the real thing write System.Threading in front of it.
global using CancellationTokenRegistration = FenceKit.Exploration.CancellationTokenRegistrationTwin;
global using Interlocked = FenceKit.Exploration.InterlockedTwin;
global using Lock = FenceKit.Exploration.LockTwin;
global using Monitor = FenceKit.Exploration.MonitorTwin;
global using RuntimeHelpers = FenceKit.Exploration.RuntimeHelpersTwin;
global using SpinWait = FenceKit.Exploration.SpinWaitTwin;
global using TaskCompletionSource = FenceKit.Exploration.TaskCompletionSourceTwin;
global using ThreadPool = FenceKit.Exploration.ThreadPoolTwin;
global using Volatile = FenceKit.Exploration.VolatileTwin;
