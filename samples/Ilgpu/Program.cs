// SPDX-License-Identifier: MIT
// A stream of ILGPU as a device queue: buffers of an accelerator are evicted while kernels run on them.
using System.CommandLine;
using FenceKit.Conformance;
using FenceKit.Samples;
using FenceKit.Samples.Ilgpu;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;

const int MostRounds = 100_000;
Option<int> rounds = SampleCommand.Number("--rounds", "How many buffers to evict", 200, 1, MostRounds);
Option<bool> cpu = new("--cpu") { Description = "Use ILGPU's CPU accelerator, even where there is a GPU." };
Option<bool> naive = new("--naive") { Description = "Evict without asking, and count how often a kernel would have lost its memory." };
RootCommand command = SampleCommand.Describe("Buffers of an ILGPU accelerator are evicted while kernels run on them.", rounds, cpu, naive);
command.SetAction((parsed, _) => RunAsync(parsed.GetValue(rounds), parsed.GetValue(cpu), parsed.GetValue(naive)));
return await SampleCommand.RunAsync(command, "ilgpu", args);

static async Task<int> RunAsync(int rounds, bool onCpu, bool isNaive)
{
    Terminal.Prepare();
    using Context context = Context.Create(builder => { if (onCpu) { builder.CPU(); } else { builder.AllAccelerators(); } });
    using Accelerator accelerator = context.GetPreferredDevice(preferCPU: onCpu).CreateAccelerator(context);
    Console.WriteLine($"{accelerator.Name}, {accelerator.AcceleratorType}");
    EvictionResult seen = await Terminal.WatchAsync("evicting", progress => EvictionScene.RunAsync(accelerator, rounds, !isNaive, progress));
    if (isNaive)
    {
        Console.WriteLine($"{seen.Rounds} evictions without asking: {seen.InUse} would have freed a buffer under a kernel");
        return seen.InUse > 0 ? SampleCommand.Good : SampleCommand.Bad;
    }

    Console.WriteLine(
        $"{seen.Rounds} evictions, {seen.Pending} while a kernel used the buffer: {seen.InUse} freed under a kernel, {seen.Stale} written to afterwards, " +
        $"{seen.Wrong} results wrong ({seen.Uploads} uploads)");
    int failed = Terminal.Watch("checking the contract", progress => CountFailures(accelerator, progress));
    Console.WriteLine($"conformance: {DriverConformance.Checks.Count - failed} of {DriverConformance.Checks.Count} checks passed");
    return failed == 0 && seen is { Pending: > 0, InUse: 0, Stale: 0, Wrong: 0 } ? SampleCommand.Good : SampleCommand.Bad;
}

static int CountFailures(Accelerator accelerator, IProgress<double> progress)
{
    int failed = 0, done = 0;
    foreach (ConformanceCheck known in DriverConformance.Checks)
    {
        try
        {
            known.Run(() => StreamUnderTest.Create(accelerator), TimeSpan.FromSeconds(20));
        }
        catch (ConformanceException broken)
        {
            failed++;
            Console.WriteLine($"FAILED  {broken.Message}");
        }

        progress.Report(++done / (double)DriverConformance.Checks.Count);
    }

    return failed;
}
