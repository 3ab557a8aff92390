// SPDX-License-Identifier: MIT
using System.CommandLine;
using FenceKit.Lockdep;
using FenceKit.Samples;
using FenceKit.Samples.CrossDeviceDeadlock;
using Spectre.Console;

const int AsForetold = 0;
const int Found = 1;
const int BadOptions = 2;
const string HangChild = "hang-child";
const string HangsNow = "about to hang";

if (args is [HangChild])
{
    LockValidator.Default = new LockValidator(); // what it would report is the other design's output
    Console.WriteLine(HangsNow);
    Scenes.Hang();
    return Found; // it did not hang
}

var design = new Option<string>("--design")
{
    Description = "wait-in-notifier: the bad design, run harmlessly on one thread; split: the good one.",
    HelpName = "wait-in-notifier|split",
    DefaultValueFactory = static _ => "wait-in-notifier",
};
design.Validators.Add(static result =>
{
    if (result.GetValueOrDefault<string>() is not ("wait-in-notifier" or "split"))
    {
        result.AddError("--design takes wait-in-notifier or split.");
    }
});
var hang = new Option<bool>("--really-hang") { Description = "Run the bad design on two threads, in a process that is killed after three seconds." };
var html = new Option<FileInfo?>("--html") { Description = "Write the report as an HTML page.", HelpName = "FILE" };
html.Validators.Add(static result =>
{
    string name = result.Tokens is [{ Value: var value }] ? value : "";
    if (string.IsNullOrWhiteSpace(name) || name.Contains('\0') || Directory.Exists(name) || new FileInfo(name).Directory is not { Exists: true })
    {
        result.AddError($"--html takes the name of a file in a folder that exists, not '{name}'.");
    }
});
var command = new RootCommand("""
    A driver waits for another one's fence inside an invalidation. It hangs once a year; the validator says so in the first run.

    Exit codes: 0, no possible deadlock was found, or the bad design hung as foretold; 1, one was found, or it did not hang; 2, the command line cannot be
    understood.
    """)
{
    design,
    hang,
    html,
};
command.SetAction(result => result.GetValue(hang)
    ? ReallyHang()
    : Run(result.GetValue(design) == "split" ? Design.Split : Design.WaitInNotifier, result.GetValue(html)));

Terminal.Prepare();
ParseResult parsed = command.Parse(args);
if (parsed.Errors.Count > 0)
{
    Console.Error.WriteLine($"CrossDeviceDeadlock: {parsed.Errors[0].Message}");
    return BadOptions;
}

return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });

static int Run(Design design, FileInfo? html)
{
    var reports = new CollectingSink();
    LockValidator.Default = new LockValidator(new LockValidatorOptions { Sinks = [reports] });

    Scenes.RunOnOneThread(design);
    AnsiConsole.MarkupLine("Two drivers and a reclaimer ran on [green]one thread[/]. Nobody waited.");

    LockReport report = LockReport.Create(LockValidator.Default, reports.Violations);
    if (html is not null)
    {
        try
        {
            File.WriteAllText(html.FullName, report.ToHtml());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"CrossDeviceDeadlock: cannot write {html}: {exception.Message}");
            return BadOptions;
        }

        AnsiConsole.MarkupLineInterpolated($"The report is in [blue]{html}[/].");
    }

    if (report.Violations.Count == 0)
    {
        AnsiConsole.MarkupLine("[green]Nothing in it can hang.[/]");
        return AsForetold;
    }

    AnsiConsole.MarkupLine("[red]But it can hang:[/]");
    Console.WriteLine();
    Console.WriteLine(report.ToText());
    return Found;
}

static int ReallyHang()
{
    HangResult result = HangingChild.Watch(HangChild, HangsNow, TimeSpan.FromSeconds(3));
    AnsiConsole.MarkupLine(result switch
    {
        HangResult.Hung => "It hung, as the report of [blue]--design wait-in-notifier[/] foretold, and was killed.",
        HangResult.NeverStarted => "[red]It did not even start.[/]",
        _ => "[red]It did not hang.[/]",
    });
    return result == HangResult.Hung ? AsForetold : Found;
}
