// SPDX-License-Identifier: MIT
using System.Xml.Linq;
using FenceKit.Benchmarks;
using FenceKit.Benchmarks.Curves;
using FenceKit.Benchmarks.Ratios;

namespace FenceKit.Tests.Performance;

/// <summary>What turns measurements into documents.</summary>
public class RatioTableTests
{
    private static readonly RatioResult s_held = new("a.row", 0.5, 0, 1.2, true, 0.4, 0.6, 5.04, 1234.5, "ours | x", "theirs", "a machine");
    private static readonly RatioResult s_missed = s_held with { Name = "b.row", Ratio = 0.012, Holds = false, Floor = 0.3, FloorText = "a load" };

    [Fact]
    public void A_table_has_a_line_for_each_row_and_says_which_miss_and_on_what_machine() =>
        Assert.Equal(
            """
            | row | FenceKit | beside it | ratio | limit | floor | ns | bytes |
            |---|---|---|---:|---:|---:|---:|---:|
            | a.row | ours \| x | theirs | 0.50 | 1.2 |  | 5.0 / 1,235 | 0 |
            | b.row | ours \| x | theirs | 0.012 **missed** | 1.2 | 0.30 | 5.0 / 1,235 | 0 |

            1 of 2 limits hold. Made on a machine.

            Floors, by hand and measured in the same turns: b.row: a load.

            """.ReplaceLineEndings("\n"),
            RatioTable.ToMarkdown([s_held, s_missed]));

    [Fact]
    public void A_table_replaces_the_one_before_and_nothing_else()
    {
        const string Document = "before\n<!-- ratios -->\nold\n<!-- end of ratios -->\nafter\n";
        string first = RatioTable.Insert(Document, "one\n");
        Assert.Equal("before\n<!-- ratios -->\none\n<!-- end of ratios -->\nafter\n", first);
        Assert.Equal("two\n", RatioTable.Extract(RatioTable.Insert(first, "two\n")));
    }

    [Theory]
    [InlineData("no marks")]
    [InlineData("<!-- end of ratios --> <!-- ratios -->")]
    public void A_document_without_a_place_for_the_table_is_refused(string document) =>
        Assert.Throws<FormatException>(() => RatioTable.Insert(document, "table"));

    [Fact]
    public void Results_survive_their_file() =>
        Assert.Equal([s_held, s_missed], RatioResult.FromJson(RatioResult.ToJson([s_held, s_missed])));

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("[null]")]
    [InlineData("{}")]
    [InlineData("[{\"name\": 5}]")]
    [InlineData("[{\"name\": \"a\"}]")]
    public void A_file_that_holds_no_results_is_refused(string text) =>
        Assert.Throws<FormatException>(() => RatioResult.FromJson(text));

    [Theory]
    [InlineData("There is no option '--jsno'.", "--jsno", "x")]
    [InlineData("The option '--json' needs a value.", "--json")]
    [InlineData("The option '--json' needs a value.", "--json", "--only", "x")]
    [InlineData("The option '--json' stands there twice.", "--json", "a", "--json", "b")]
    [InlineData("'x' belongs to no option.", "x")]
    public void A_wrong_command_line_is_named(string message, params string[] arguments) =>
        Assert.Equal(message, Assert.Throws<OptionException>(() => Options.Parse(arguments, "--json", "--only").RefuseValues()).Message);

    [Fact]
    public void Options_have_their_values_and_null_where_there_is_none()
    {
        Options options = Options.Parse(["--json", "file"], "--json", "--only");
        options.RefuseValues();
        Assert.Equal(("file", null), (options["--json"], options["--only"]));
    }

    [Fact]
    public void A_chart_is_well_formed_and_higher_values_stand_higher()
    {
        ChartLine ours = new("a < b", true, [(1, 1), (10, 10), (100, 100)]);
        ChartLine theirs = new("theirs", false, [(1, 100)]);
        XNamespace svg = "http://www.w3.org/2000/svg";
        XElement root = XDocument.Parse(new Chart("title", "x", "y", "made on & with", [ours, theirs]).ToSvg()).Root!;

        XElement[] points = [.. root.Elements(svg + "circle")];
        double[] across = [.. points.Take(3).Select(point => (double)point.Attribute("cx")!)];
        double[] down = [.. points.Take(3).Select(point => (double)point.Attribute("cy")!)];
        Assert.Equal(4, points.Length);
        Assert.Equal(across.Order(), across);
        Assert.Equal(down.OrderDescending(), down);
        Assert.Equal(across[1] - across[0], across[2] - across[1], tolerance: 0.2); // logarithmic
        Assert.Contains(root.Elements(svg + "text"), text => text.Value == "a < b");
    }

    [Fact]
    public void A_legend_that_does_not_fit_goes_on_in_a_second_line()
    {
        ChartLine[] lines = [.. new[] { 'a', 'b', 'c' }.Select(letter => new ChartLine(new string(letter, 30), true, [(1, 1), (10, 10)]))];
        XNamespace svg = "http://www.w3.org/2000/svg";
        XElement root = XDocument.Parse(new Chart("title", "x", "y", "footer", lines).ToSvg()).Root!;

        XElement[] labels = [.. root.Elements(svg + "text").Where(text => text.Value.Length == 30)];
        Assert.Equal([0, 0, 18], labels.Select(label => (double)label.Attribute("y")! - (double)labels[0].Attribute("y")!));
        Assert.All(labels, label => Assert.InRange((double)label.Attribute("x")! + (30 * 6.2), 0, 720));
    }

    [Fact]
    public void A_chart_of_nothing_is_refused() =>
        Assert.Throws<InvalidOperationException>(() => new Chart("title", "x", "y", "", []).ToSvg());
}
