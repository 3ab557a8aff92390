// SPDX-License-Identifier: MIT
namespace FenceKit.Samples.WebShop.Catalog;

/// <summary>What the shop sells.</summary>
internal sealed record Product(int Number, string Name, decimal Price)
{
    internal static readonly Product[] All =
    [
        new(0, "Desk lamp", 39.90m),
        new(1, "Floor lamp", 129.00m),
        new(2, "Lantern", 24.50m),
        new(3, "Torch", 12.00m),
    ];
}
