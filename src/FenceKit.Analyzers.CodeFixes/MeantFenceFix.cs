// SPDX-License-Identifier: MIT
using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace FenceKit.Analyzers.CodeFixes;

/// <summary>FK0010: a default that was meant is said where it is meant.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(MeantFenceFix)), Shared]
public sealed class MeantFenceFix : RuleFix
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [ForgottenFence.Id];

    internal override IEnumerable<Offer> Offers(SyntaxNode node, SemanticModel model)
    {
        if (node.FirstAncestorOrSelf<ReturnStatementSyntax>() is not { } success
            || (model.GetEnclosingSymbol(success.SpanStart) as IMethodSymbol)?.Parameters
                .FirstOrDefault(parameter => parameter.RefKind == RefKind.Out && parameter.Type.Name == "Fence") is not { } fence)
        {
            yield break;
        }
        StatementSyntax meant = SyntaxFactory.ParseStatement($"{fence.Name} = Fence.AlreadySignaled;").WithAdditionalAnnotations(Formatter.Annotation);
        StatementSyntax after = success.WithoutLeadingTrivia().WithAdditionalAnnotations(Formatter.Annotation);
        meant = meant.WithTrailingTrivia(SyntaxFactory.ElasticCarriageReturnLineFeed);
        yield return success.Parent is BlockSyntax block
            ? new Offer("Say that there is nothing to wait for", block, block.WithStatements(
                block.Statements.ReplaceRange(success, [meant.WithLeadingTrivia(success.GetLeadingTrivia()), after])))
            : new Offer("Say that there is nothing to wait for", success, Block([meant, after]));
    }
}
