// SPDX-License-Identifier: MIT
using System.CommandLine;
using System.CommandLine.Parsing;
using FenceKit.Conformance;
using FenceKit.Samples.CustomDriver;

const int Good = 0;
const int Bad = 1;
const int Usage = 2;
const int Missing = 3;

Option<string?> check = new("--check") { Description = "Run one check of the contract only.", HelpName = "NAME" };
Option<bool> list = new("--list") { Description = "List the checks of the contract." };
check.Validators.Add(static result =>
{
    string? name = result.GetValueOrDefault<string?>();
    if (DriverConformance.Checks.All(known => known.Name != name))
    {
        result.AddError($"--check takes the name of a check (see --list), not '{name}'.");
    }
});
RootCommand command = new("""
    A driver for io_uring, from its first command to conformance. The code is the tutorial: docs/writing-a-driver.md.

    Exit codes: 0, all that was promised was seen, or the real part is not here and nobody demanded it; 1, it was not seen; 2, the command line cannot be understood;
    3, the real part was demanded and is missing.
    """)
{
    check,
    list,
};
command.SetAction(parsed => parsed.GetValue(list) ? List() : Run(parsed.GetValue(check)));
ParseResult result = command.Parse(args);
if (result.Errors is [ParseError first, ..])
{
    Console.Error.WriteLine($"custom-driver: {first.Message}");
    return Usage;
}

return result.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });

static int List()
{
    foreach (ConformanceCheck known in DriverConformance.Checks)
    {
        Console.WriteLine($"{known.Name,-42} {known.Rule}");
    }

    return Good;
}

static int Run(string? only)
{
    if (RingProbe.WhyNot() is string reason)
    {
        return RingProbe.Refuse(reason, Environment.GetEnvironmentVariable("FENCEKIT_REQUIRE"), Console.Out, Console.Error) ? Missing : Good;
    }

    int failed = 0;
    ConformanceCheck[] wanted = [.. DriverConformance.Checks.Where(known => only is null || known.Name == only)];
    foreach (ConformanceCheck known in wanted) // each says its name when it has ended, so one sees how far it is
    {
        try
        {
            known.Run(RingUnderTest.Create, TimeSpan.FromSeconds(20));
            Console.WriteLine($"passed  {known.Name}");
        }
        catch (ConformanceException broken)
        {
            failed++;
            Console.WriteLine($"FAILED  {broken.Message}");
        }
    }

    if (only is null)
    {
        Console.WriteLine($"conformance: {wanted.Length - failed} of {wanted.Length} checks passed");
    }

    return failed == 0 ? Good : Bad;
}
