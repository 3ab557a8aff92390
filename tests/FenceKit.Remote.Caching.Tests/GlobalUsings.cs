// SPDX-License-Identifier: MIT
global using FenceKit.Tests;
