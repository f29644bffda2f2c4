using WhatsApp.Grains.Placement;

namespace WhatsApp.Grains.Tests.Placement;

public sealed class BalancePlanTests
{
    private static Dictionary<string, int> Silos(params int[] counts) => counts.Select((count, i) => ($"silo{i:D2}", count)).ToDictionary();

    private static Dictionary<string, int> After(Dictionary<string, int> counts, IEnumerable<(string From, string To)> moves)
    {
        var after = new Dictionary<string, int>(counts);
        foreach (var (from, to) in moves)
        {
            after[from]--;
            after[to]++;
        }
        return after;
    }

    [Fact]
    public void A_new_silo_is_filled_up_to_the_mean()
    {
        var counts = Silos(150, 150, 0);
        Assert.Equal(Silos(100, 100, 100), After(counts, BalancePlan.Of(counts)));
    }

    [Theory]
    [InlineData(new int[0])]
    [InlineData(new[] { 1000 })]
    [InlineData(new[] { 0, 0, 0 })]
    [InlineData(new[] { 110, 100, 90 })]
    [InlineData(new[] { 2, 1 })]
    [InlineData(new[] { 1, 0 })]
    public void Nothing_moves_within_ten_percent_of_the_mean_or_when_it_would_only_change_sides(int[] counts) => Assert.Empty(BalancePlan.Of(Silos(counts)));

    [Fact]
    public void Whatever_the_counts_the_sum_stays_nobody_gives_or_gets_past_the_mean_and_a_second_plan_is_empty()
    {
        var random = new Random(20_261_123);
        for (var round = 0; round < 500; round++)
        {
            var counts = Silos([.. Enumerable.Range(0, random.Next(2, 9)).Select(_ => random.Next(0, random.Next(1, 400)))]);
            var moves = BalancePlan.Of(counts);
            var after = After(counts, moves);
            var share = (int)Math.Ceiling(counts.Values.Sum() / (double)counts.Count);

            Assert.Equal(counts.Values.Sum(), after.Values.Sum());
            Assert.Equal(moves, BalancePlan.Of(counts.Reverse().ToDictionary()));
            Assert.Empty(moves.Select(move => move.From).Intersect(moves.Select(move => move.To)));
            Assert.All(moves.GroupBy(move => move.From), given => Assert.Equal(counts[given.Key] - share, given.Count()));
            Assert.All(moves.Select(move => move.To), silo => Assert.InRange(after[silo], 1, share));
            Assert.Empty(BalancePlan.Of(after));
        }
    }

    [Fact]
    public void Plans_that_are_stopped_half_way_come_to_the_same_end()
    {
        var counts = Silos(900, 40, 0, 300, 7);
        for (var round = 0; BalancePlan.Of(counts) is { Count: > 0 } moves; round++)
        {
            Assert.True(round < 100);
            counts = After(counts, moves.Take(25));
        }
        Assert.All(counts.Values, count => Assert.InRange(count, 225, 275));
    }
}
