// SPDX-License-Identifier: MIT
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;

namespace FenceKit.Analyzers.CodeFixes;

/// <summary>What all fixes have in common: one place, one node exchanged for another, and all places of a solution at once.</summary>
public abstract class RuleFix : CodeFixProvider
{
    /// <inheritdoc/>
    public sealed override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public sealed override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        SyntaxNode? root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        SemanticModel? model = await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false);
        if (root is null || model is null)
        {
            return;
        }
        foreach (Diagnostic diagnostic in context.Diagnostics)
        {
            foreach (Offer offer in Offers(root.FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true), model))
            {
                SyntaxNode after = root.ReplaceNode(offer.Old, offer.New);
                context.RegisterCodeFix(
                    CodeAction.Create(offer.Title, _ => Task.FromResult(context.Document.WithSyntaxRoot(after)), equivalenceKey: offer.Title),
                    diagnostic);
            }
        }
    }

    /// <summary>Returns what can be done about a finding.</summary>
    /// <param name="node">What the finding points at.</param>
    /// <param name="model">The meaning of the file.</param>
    /// <returns>The offers, the best one first.</returns>
    internal abstract IEnumerable<Offer> Offers(SyntaxNode node, SemanticModel model);

    /// <summary>Puts a statement into a <c>using</c> of an expression.</summary>
    internal static UsingStatementSyntax Using(ExpressionSyntax resource, StatementSyntax body) =>
        SyntaxFactory.UsingStatement(declaration: null, resource.WithoutTrivia(), body).WithAdditionalAnnotations(Formatter.Annotation);

    /// <summary>Makes a block that ends where the statements end.</summary>
    internal static BlockSyntax Block(IEnumerable<StatementSyntax> statements) =>
        SyntaxFactory.Block(statements).WithAdditionalAnnotations(Formatter.Annotation);

    /// <summary>Exchanges a statement and all after it in its block for others.</summary>
    internal static Offer? ExchangeRest(string title, StatementSyntax first, Func<IReadOnlyList<StatementSyntax>, IEnumerable<StatementSyntax>> rest)
    {
        if (first.Parent is not BlockSyntax block)
        {
            return null;
        }
        int index = block.Statements.IndexOf(first);
        StatementSyntax[] kept = [.. block.Statements.Take(index)];
        StatementSyntax[] after = [.. block.Statements.Skip(index + 1)];
        return new Offer(title, block, block.WithStatements(SyntaxFactory.List(kept.Concat(rest(after)))));
    }

    /// <summary>A change: its title, and what it exchanges for what.</summary>
    internal sealed class Offer(string title, SyntaxNode old, SyntaxNode @new)
    {
        internal string Title { get; } = title;

        internal SyntaxNode Old { get; } = old;

        internal SyntaxNode New { get; } = @new;
    }
}
