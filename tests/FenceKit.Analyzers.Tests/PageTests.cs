// SPDX-License-Identifier: MIT
using System.Collections.Immutable;
using System.Text.RegularExpressions;
using FenceKit.Tests;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace FenceKit.Analyzers.Tests;

/// <summary>The pages of docs/analyzers: what they show is what the rules say of it.</summary>
public sealed class PageTests
{
    private static readonly ImmutableArray<DiagnosticAnalyzer> s_rules = [.. typeof(RuleAnalyzer).Assembly.GetTypes()
        .Where(static type => type is { IsAbstract: false } && type.IsSubclassOf(typeof(RuleAnalyzer)))
        .Select(static type => (DiagnosticAnalyzer)Activator.CreateInstance(type)!)];

    public static TheoryData<string> Ids => [.. s_rules.SelectMany(static rule => rule.SupportedDiagnostics).Select(static rule => rule.Id).Order()];

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task The_wrong_snippet_of_a_page_gives_its_rule_and_no_other(string id) =>
        Assert.Equal([id], (await FindingsIn(Scene.With(Snippet(id, "wrong")))).Select(static finding => finding.Id).Distinct());

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task The_right_snippet_of_a_page_gives_nothing(string id) => Assert.Empty(await FindingsIn(Scene.With(Snippet(id, "right"))));

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task What_a_page_says_to_suppress_a_rule_suppresses_it(string id) =>
        Assert.Empty(await FindingsIn($"#pragma warning disable {id} // and why\n{Scene.With(Snippet(id, "wrong"))}\n#pragma warning restore {id}\n"));

    [Theory]
    [MemberData(nameof(Ids))]
    public void The_index_has_a_row_for_each_rule_with_its_severity(string id)
    {
        DiagnosticDescriptor rule = s_rules.SelectMany(static rule => rule.SupportedDiagnostics).Single(rule => rule.Id == id);
        string severity = rule.DefaultSeverity == DiagnosticSeverity.Info ? "hint" : rule.DefaultSeverity.ToString().ToLowerInvariant();
        Assert.Contains($"| [{id}](analyzers/{id}.md) | {severity} | ", File.ReadAllText(Repository.PathOf("docs", "analyzers.md")), StringComparison.Ordinal);
    }

    private static async Task<IReadOnlyList<Diagnostic>> FindingsIn(string file)
    {
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Snippet", [CSharpSyntaxTree.ParseText(file, Check.ParseOptions)], Check.References, Check.CompilationOptions);
        Assert.DoesNotContain(compilation.GetDiagnostics(), static problem => problem.Severity == DiagnosticSeverity.Error);
        return await compilation.WithAnalyzers(s_rules).GetAnalyzerDiagnosticsAsync();
    }

    private static string Snippet(string id, string kind)
    {
        string page = File.ReadAllText(Repository.PathOf("docs", "analyzers", id + ".md"));
        Match match = Regex.Match(page, $"<!-- {kind} -->\n```csharp\n(.*?)```", RegexOptions.Singleline);
        Assert.True(match.Success, $"The page of {id} shows nothing {kind}.");
        return match.Groups[1].Value;
    }
}
