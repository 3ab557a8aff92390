// SPDX-License-Identifier: MIT
using System.Text.RegularExpressions;

namespace FenceKit.Docs.Tests;

/// <summary>Every link of a page leads somewhere.</summary>
public partial class LinkTests
{
    public static TheoryData<string> AllPages => [.. Pages.All];

    public static TheoryData<string> PackagePages => [.. Pages.OfPackages];

    [Theory]
    [MemberData(nameof(AllPages))]
    public void A_link_inside_the_repository_leads_to_something(string page)
    {
        List<string> broken = [];
        foreach (Match link in Link().Matches(Pages.WithoutCode(Pages.Read(page))))
        {
            string target = link.Groups[1].Value;
            if (!target.Contains(':', StringComparison.Ordinal) && !Exists(page, target))
            {
                broken.Add(target);
            }
        }

        Assert.True(broken.Count == 0, $"{page} has links that lead nowhere: {string.Join(", ", broken)}");
    }

    [Theory]
    [MemberData(nameof(PackagePages))]
    public void The_readme_of_a_package_has_no_link_that_needs_the_repository(string page) =>
        Assert.DoesNotContain(
            Link().Matches(Pages.WithoutCode(Pages.Read(page))), link => !link.Groups[1].Value.StartsWith("https://", StringComparison.Ordinal));

    [Fact]
    public void Every_package_has_a_description_tags_and_a_readme_of_its_own() =>
        Assert.All(
            Directory.GetFiles(Pages.PathOf("src"), "*.csproj", SearchOption.AllDirectories)
                .Where(project => !File.ReadAllText(project).Contains("<IsPackable>false", StringComparison.Ordinal)),
            project =>
            {
                Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(project)!, "README.md")), $"{project} has no README.md beside it.");
                Assert.Matches("(?s)<Description>.+</Description>.*<PackageTags>.+</PackageTags>", File.ReadAllText(project));
            });

    [Theory]
    [MemberData(nameof(PackagePages))]
    public void The_readme_of_a_package_has_no_comment_that_a_reader_may_see(string page) =>
        Assert.DoesNotContain("<!--", Pages.Read(page), StringComparison.Ordinal);

    [Fact]
    public void No_page_names_the_host_of_a_package_registry() =>
        Assert.All(Pages.All, page => Assert.DoesNotMatch("(?i)nuget\\.org|myget|pkgs\\.dev", Pages.Read(page)));

    [Theory]
    [InlineData("docs/fences.md")]
    [InlineData("docs/invalidation.md")]
    [InlineData("docs/concepts.md")]
    [InlineData("docs/contract.md")]
    [InlineData("docs/lockdep.md")]
    [InlineData("docs/writing-a-driver.md")]
    [InlineData("docs/getting-started.md")]
    [InlineData("docs/recipes.md")]
    [InlineData("docs/glossary.md")]
    [InlineData("docs/fsharp-and-vb.md")]
    [InlineData("docs/internals.md")]
    [InlineData("docs/performance.md")]
    [InlineData("docs/exploration.md")]
    [InlineData("CHANGELOG.md")]
    public void The_readme_leads_to_every_page(string page) => Assert.Contains($"({page})", Pages.Read("README.md"), StringComparison.Ordinal);

    [Fact]
    public void The_readme_leads_to_every_sample() =>
        Assert.All(
            Directory.GetDirectories(Path.Combine(Pages.Root, "samples")).Where(folder => Directory.GetFiles(folder, "*.csproj").Length > 0),
            folder => Assert.Contains($"(samples/{Path.GetFileName(folder)}", Pages.Read("README.md"), StringComparison.Ordinal));

    [Fact]
    public void The_sample_to_begin_with_is_one_short_file_and_comes_first()
    {
        string readme = Pages.Read("README.md");
        string source = Assert.Single(Directory.GetFiles(Path.Combine(Pages.Root, "samples", "QuickStart"), "*.cs"));

        Assert.StartsWith("(samples/QuickStart/Program.cs)", readme[readme.IndexOf("(samples/", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.InRange(File.ReadAllLines(source).Length, 1, 120);
    }

    [Fact]
    public void Every_type_page_is_listed_with_the_others()
    {
        string index = Pages.Read("docs/types/README.md");
        Assert.All(
            Pages.All.Where(page => page.StartsWith("docs/types/", StringComparison.Ordinal) && page != "docs/types/README.md"),
            page => Assert.Contains($"({Path.GetFileName(page)})", index, StringComparison.Ordinal));
    }

    /// <summary>Words that mean something in the code only. A page says it in the field's terms, or in plain English with a subject.</summary>
    [Theory]
    [MemberData(nameof(AllPages))]
    public void A_page_uses_no_word_that_only_the_code_explains(string page) =>
        Assert.DoesNotMatch(@"(?i)\b(whoever|seats?|mail|news)\b", Link().Replace(Pages.WithoutCode(Pages.Read(page)), ""));

    private static bool Exists(string page, string target)
    {
        string[] parts = target.Split('#', 2);
        string path = parts[0].Length == 0
            ? page
            : Path.GetRelativePath(Pages.Root, Path.GetFullPath(Path.Combine(Pages.Root, Path.GetDirectoryName(page)!, parts[0]))).Replace('\\', '/');
        if (!File.Exists(Pages.PathOf(path)) && !Directory.Exists(Pages.PathOf(path)))
        {
            return false;
        }

        return parts.Length == 1 || !path.EndsWith(".md", StringComparison.Ordinal) || Pages.AnchorsOf(path).Contains(parts[1]);
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
