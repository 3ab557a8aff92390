// SPDX-License-Identifier: MIT
using System.CommandLine;
using FenceKit.Lockdep;
using FenceKit.Samples;
using FenceKit.Samples.StandaloneLockdep;
using Spectre.Console;

const int Clean = 0;
const int Found = 1;
const int BadOptions = 2;

var html = new Option<FileInfo?>("--html") { Description = "Write the report as an HTML page.", HelpName = "FILE" };
var command = new RootCommand("""
    Two services take two locks in opposite orders, one after the other. Nothing hangs; the validator reports it all the same.

    Exit codes: 0, nothing was found; 1, a possible deadlock was found, which is what this sample shows; 2, the command line cannot be understood.
    """)
{
    html,
};
command.SetAction(result => Run(result.GetValue(html)));

ParseResult parsed = command.Parse(args);
if (parsed.Errors.Count > 0)
{
    Console.Error.WriteLine($"StandaloneLockdep: {parsed.Errors[0].Message}");
    return BadOptions;
}

return parsed.Invoke();

static int Run(FileInfo? html)
{
    Terminal.Prepare();
    var reports = new CollectingSink();
    var validator = new LockValidator(new LockValidatorOptions { Sinks = [reports] });
    LockValidator.Default = validator;

    var stock = new StockService();
    var orders = new OrderService(stock);
    stock.Orders = orders;
    for (int i = 0; i < 5; i++)
    {
        orders.Order("lamp");
    }

    stock.Receive("lamp", 10);
    AnsiConsole.MarkupLineInterpolated($"The shop ran to its end: [green]{orders.Delivered} lamps delivered[/], nobody waited.");

    LockReport report = LockReport.Create(validator, reports.Violations);
    if (html is not null)
    {
        try
        {
            File.WriteAllText(html.FullName, report.ToHtml());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"StandaloneLockdep: cannot write {html}: {exception.Message}");
            return BadOptions;
        }

        AnsiConsole.MarkupLineInterpolated($"The report is in [blue]{html}[/].");
    }

    if (report.Violations.Count == 0)
    {
        AnsiConsole.MarkupLine("[green]No lock order can hang.[/]");
        return Clean;
    }

    AnsiConsole.MarkupLine("[red]But it can hang:[/]");
    Console.WriteLine();
    Console.Write(report.ToText());
    return Found;
}
