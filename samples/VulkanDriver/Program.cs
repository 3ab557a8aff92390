// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.CommandLine.Parsing;
using FenceKit.Conformance;
using FenceKit.Samples;
using FenceKit.Samples.VulkanDriver;
using FenceKit.Samples.VulkanDriver.Scenes;
using FenceKit.Samples.VulkanDriver.Vulkan;

const int Good = 0;
const int Bad = 1;
const int Usage = 2;
const int Missing = 3;
const int MostRounds = 100_000;
TimeSpan patience = TimeSpan.FromSeconds(20);

Option<string?> check = new("--check") { Description = "Run one check of the contract, and nothing else.", HelpName = "NAME" };
Option<bool> list = new("--list") { Description = "List the checks of the contract." };
Option<bool> listDevices = new("--list-devices") { Description = "List the devices, and what they lack." };
Option<bool> misuse = new("--misuse") { Description = "Break a rule of Vulkan on purpose, to see that the validation layer says so and the run fails." };
Option<string?> gpu = new("--device") { Description = "Use the first device with this in its name.", HelpName = "TEXT" };
Option<int> rounds = new("--rounds")
{
    Description = $"How many blocks to invalidate while the GPU runs, from 1 to {MostRounds}.",
    HelpName = "N",
    DefaultValueFactory = static _ => 100,
};
check.Validators.Add(static result =>
{
    string? name = result.GetValueOrDefault<string?>();
    if (DriverConformance.Checks.All(known => known.Name != name))
    {
        result.AddError($"--check takes the name of a check (see --list), not '{name}'.");
    }
});
gpu.Validators.Add(static result =>
{
    if (string.IsNullOrWhiteSpace(result.GetValueOrDefault<string?>()))
    {
        result.AddError("--device takes a part of the name of a device.");
    }
});
rounds.Validators.Add(static result =>
{
    if (result.Tokens is [Token token] && (!int.TryParse(token.Value, out int value) || value is < 1 or > MostRounds))
    {
        result.AddError($"--rounds takes a number from 1 to {MostRounds}, not '{token.Value}'.");
    }
});
RootCommand command = new("""
    A driver for compute on a GPU, on memory that the process owns and takes away while the GPU runs. See docs/writing-a-driver.md.

    Exit codes: 0, all that was promised was seen, or the real part is not here and nobody demanded it; 1, it was not seen; 2, the command line cannot be understood;
    3, the real part was demanded and is missing.
    """)
{
    check,
    list,
    listDevices,
    gpu,
    rounds,
    misuse,
};
command.SetAction((parsed, _) =>
    parsed.GetValue(list) ? Task.FromResult(List())
    : parsed.GetValue(listDevices) ? Task.FromResult(ListDevices())
    : RunAsync(parsed.GetValue(check), parsed.GetValue(gpu), parsed.GetValue(misuse) ? 0 : parsed.GetValue(rounds)));
ParseResult result = command.Parse(args);
if (result.Errors is [ParseError first, ..])
{
    Console.Error.WriteLine($"vulkan-driver: {first.Message}");
    return Usage;
}

return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });

static int List()
{
    foreach (ConformanceCheck known in DriverConformance.Checks)
    {
        Console.WriteLine($"{known.Name,-42} {known.Rule}");
    }

    return Good;
}

static int ListDevices()
{
    try
    {
        foreach (PhysicalDevice known in PhysicalDevice.All(VulkanInstance.Current))
        {
            Console.WriteLine($"{known.WhyNot ?? "usable",-20} {known}");
        }

        return Good;
    }
    catch (Exception missing) when (missing is DllNotFoundException or EntryPointNotFoundException or VulkanException)
    {
        Console.WriteLine($"vulkan-driver: Vulkan cannot be used here: {missing.Message}");
        return Good;
    }
}

async Task<int> RunAsync(string? only, string? device, int count)
{
    bool isRequired = GpuChoice.IsRequired(Environment.GetEnvironmentVariable(GpuChoice.Variable));
    string? reason = GpuChoice.TryChoose(device, out PhysicalDevice? physical);
    if (reason is null && isRequired && !VulkanInstance.Current.IsValidated)
    {
        reason = "the validation layer (vulkan-validationlayers) is not installed";
    }

    if (reason is not null)
    {
        (isRequired ? Console.Error : Console.Out).WriteLine($"vulkan-driver: Vulkan cannot be used here: {reason}");
        return isRequired ? Missing : Good;
    }

    Terminal.Prepare();
    Console.WriteLine($"{physical}, {(VulkanInstance.Current.IsValidated ? "validated" : "not validated: the layer is not installed")}");
    bool isGood = true;
    if (count == 0)
    {
        using GpuDevice misused = new(physical!, blocks: 1, depth: 1);
        misused.Misuse();
    }
    else
    {
        isGood = only is not null || await ShowAsync(physical!, count);
        ConformanceCheck[] wanted = [.. DriverConformance.Checks.Where(known => only is null || known.Name == only)];
        int passed = wanted.Count(known => Passes(known, physical!)); // each says its name when it has ended, so one sees how far it is
        isGood &= passed == wanted.Length;
        Console.WriteLine($"conformance: {passed} of {wanted.Length} checks passed");
    }

    foreach (string message in VulkanInstance.Messages)
    {
        Console.Error.WriteLine($"vulkan-driver: the validation layer says: {message}");
    }

    return isGood && VulkanInstance.Messages.Count == 0 ? Good : Bad;
}

async Task<bool> ShowAsync(PhysicalDevice physical, int count)
{
    (int wrong, int blocks) = await ComputeScene.RunAsync(physical);
    Console.WriteLine($"compute: {blocks} blocks, {wrong} differ from the CPU's");
    InvalidationResult seen = await Terminal.WatchAsync(
        "blocks are taken away while the GPU computes them", progress => InvalidationScene.RunAsync(physical, count, progress));
    Console.WriteLine(
        $"invalidate: {seen.Rounds} blocks, {seen.Pending} still in use by the GPU when their owner asked, {seen.Unfinished} of them half done");
    Console.WriteLine(
        $"after the wait: {seen.Wrong} differ from the CPU's, {seen.Stale} written to after their pages were replaced ({seen.Imports} imports)");
    return wrong == 0 && seen is { Wrong: 0, Stale: 0, Pending: > 0 };
}

bool Passes(ConformanceCheck known, PhysicalDevice physical)
{
    int before = VulkanInstance.Messages.Count;
    try
    {
        known.Run(() => GpuUnderTest.Create(physical), patience);
        if (VulkanInstance.Messages.Count > before)
        {
            throw new ConformanceException($"{known.Name}: the validation layer complains.");
        }

        Console.WriteLine($"passed  {known.Name}");
        return true;
    }
    catch (ConformanceException broken)
    {
        Console.WriteLine($"FAILED  {broken.Message}");
        return false;
    }
}
