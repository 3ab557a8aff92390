// SPDX-License-Identifier: MIT
using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace FenceKit.Analyzers.CodeFixes;

/// <summary>FK0005: a try that nobody asked, directly before the <c>using</c>, becomes the condition of it.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(EnteredScopeFix)), Shared]
public sealed class EnteredScopeFix : RuleFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [UnenteredScope.Id];

    internal override IEnumerable<Offer> Offers(SyntaxNode node, SemanticModel model)
    {
        if (node.FirstAncestorOrSelf<UsingStatementSyntax>() is not { Parent: BlockSyntax block } statement)
        {
            yield break;
        }
        int index = block.Statements.IndexOf(statement);
        if (index == 0 || block.Statements[index - 1] is not ExpressionStatementSyntax { Expression: InvocationExpressionSyntax call } attempt)
        {
            yield break;
        }
        StatementSyntax decided = SyntaxFactory.IfStatement(call.WithoutTrivia(), Block([statement.WithoutLeadingTrivia()]))
            .WithLeadingTrivia(attempt.GetLeadingTrivia())
            .WithAdditionalAnnotations(Formatter.Annotation);
        yield return new Offer("Run the body only when it was entered", block, block.WithStatements(block.Statements.Replace(attempt, decided).RemoveAt(index)));
    }
}
