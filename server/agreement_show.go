package server

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"accord/collections"

	"github.com/spf13/cobra"
)

func newAgreementShowCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "show [AGREEMENT]", Short: "Show the agreements in force: parties, collections and their ids, and every apply",
		Args: takes(0, 1),
	}
	settings, asJSON := storeSettings(c), outputFlag(c)
	source := c.Flags().Bool("source", false, "print the file as it was applied, byte for byte")
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if *source && len(args) == 0 {
			return usage(errors.New("--source needs the name of an agreement"))
		}
		return withBackend(cmd, settings, func(_ context.Context, b *backend) error {
			shown, err := b.agreements(args)
			switch {
			case err != nil:
				return err
			case *source:
				_, err = cmd.OutOrStdout().Write(shown[0].Source)
				return err
			case *asJSON:
				return printJSON(cmd.OutOrStdout(), b.describe(shown))
			}
			return printAgreements(cmd.OutOrStdout(), b.describe(shown))
		})
	}
	return c
}

// agreements returns the one that is named, or all of them.
func (b *backend) agreements(names []string) ([]*collections.Agreement, error) {
	if len(names) == 0 {
		return b.control.Agreements(), nil
	}
	a, ok := b.control.Agreement(names[0])
	if !ok {
		return nil, fmt.Errorf("there is no agreement %q", names[0])
	}
	return []*collections.Agreement{a}, nil
}

// A shownAgreement is what `agreement show` tells of an agreement.
type shownAgreement struct {
	Agreement   string            `json:"agreement"`
	Title       string            `json:"title"`
	Parties     []shownParty      `json:"parties"`
	Collections []shownCollection `json:"collections"`
	Applied     []shownApply      `json:"applied"` // oldest first
}

type shownParty struct {
	ID        string `json:"id"`
	Identity  string `json:"identity"`
	Territory string `json:"territory"`
	Clearance string `json:"clearance"`
}

type shownCollection struct {
	Alias   string `json:"alias"`
	ID      string `json:"id"`
	Ceiling string `json:"ceiling"`
	Closed  bool   `json:"closed"`

	Schemas []shownSchema `json:"schemas,omitempty"`
}

type shownSchema struct {
	Type string `json:"type"` // * for all
	File string `json:"file"`
	Hash string `json:"hash"` // SHA-256 of the file
}

type shownApply struct {
	Time string `json:"time"`
	Hash string `json:"hash"`
	By   string `json:"by"`
}

func (b *backend) describe(agreements []*collections.Agreement) []shownAgreement {
	shown := []shownAgreement{}
	for _, a := range agreements {
		s := shownAgreement{Agreement: a.ID, Title: a.Title.First()}
		for _, p := range a.Parties {
			s.Parties = append(s.Parties, shownParty{p.ID, string(p.Identity), p.Territory, p.Clearance.String()})
		}
		for _, c := range a.Collections {
			s.Collections = append(s.Collections, shownCollection{c.Alias, c.ID.String(), c.Ceiling.String(), c.Closed, describeSchemas(c.Schemas)})
		}
		for _, f := range b.control.History(a.ID) {
			s.Applied = append(s.Applied, shownApply{collections.FormatDateAdded(f.Time), hex.EncodeToString(f.Hash[:]), f.Poster.Party})
		}
		shown = append(shown, s)
	}
	return shown
}

func describeSchemas(schemas []collections.OwnSchema) []shownSchema {
	var shown []shownSchema
	for _, s := range schemas {
		hash := s.Hash()
		shown = append(shown, shownSchema{s.Type, s.File, hex.EncodeToString(hash[:])})
	}
	return shown
}

func printAgreements(w io.Writer, shown []shownAgreement) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, a := range shown {
		fmt.Fprintf(table, "%s\t%s\n", a.Agreement, a.Title)
		for _, p := range a.Parties {
			fmt.Fprintf(table, "  party\t%s\t%s\tclearance %s\t%s\n", p.ID, p.Territory, p.Clearance, p.Identity)
		}
		for _, c := range a.Collections {
			state := "open"
			if c.Closed {
				state = "closed"
			}
			fmt.Fprintf(table, "  collection\t%s\t%s\tceiling %s\t%s\n", c.Alias, state, c.Ceiling, c.ID)
			for _, s := range c.Schemas {
				fmt.Fprintf(table, "    schema\t%s\t%s\tsha256 %s\n", s.Type, s.File, s.Hash)
			}
		}
		for _, f := range a.Applied {
			fmt.Fprintf(table, "  applied\t%s\tby %s\tsha256 %s\n", f.Time, f.By, f.Hash)
		}
	}
	return table.Flush()
}
